# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the values of roles' variables have to be written, so that check.yml refuses others by name.

The roles refuse most of them too, but only when the layers before have been changed already.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ...module_utils._values.entries import misfit, whole_number


class Format(t.NamedTuple):
    """A pattern for the whole text, what to write instead, and whether a number is right too.

    ranges: whether the text has to be an address or a range of IPv4 or IPv6 besides.
    """

    pattern: str
    wanted: str
    numbers: bool = False
    ranges: bool = False


TIME = Format(r"0*[1-9][0-9]{0,8}(ms|s|m|h)?", "a time of more than 0, such as 10s", True)
TIME_OR_0 = Format(r"([0-9]{1,9}(ms|s|m|h|d)? ?)+", "a time such as 5s", True)
PERIOD = Format(r"([0-9]{1,9}([.][0-9]+)?(us|ms|s|m|h))+", "a time with its unit, such as 3s")
SIZE = Format(r"[0-9]{1,15}[kKmMgG]?", "a size such as 64k or 16m", True)
LOG_SIZE = Format(r"[1-9][0-9]{0,14}[kKmMgG]?", "a size such as 100M", True)
MEMORY = Format(r"([1-9][0-9]*([bB]|[kmgKMG][bB]?)?)?", "a size such as 512m", True)
WORKERS = Format(r"auto|[1-9][0-9]{0,3}", "auto or a number from 1 to 9999", True)
IMAGE = Format(r"[a-z0-9][A-Za-z0-9._/:@-]*", "the name of an image such as nginx:1.30")
NO_IMAGE = Format(rf"({IMAGE.pattern})?", IMAGE.wanted)
PATH = Format(r"(/[!-~]*)?", "a path such as /healthz")
DATABASE = Format(r"[A-Za-z0-9_-]{1,48}", "1 to 48 letters, digits, '_' and '-'")
ACCOUNT = Format(
    r"(?!(default|peerlb-admin|peerlb-health)\Z)[A-Za-z0-9_.-]{1,63}",
    "1 to 63 letters, digits, '_', '.' and '-', and none of default, peerlb-admin, peerlb-health",
)
PASSWORD = Format(r"[^\r\n\0]+", "text of one line")
PROXY = Format(
    r"[0-9.]+(/([89]|[12][0-9]|3[0-2]))?"
    r"|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/([4-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?",
    "an address, or a range of which not nearly everybody is part",
    ranges=True,
)
RANGE = Format(r"[0-9a-fA-F.:/]+", "an address or a range such as 192.0.2.0/24", ranges=True)
VOLUME = Format(r"[A-Za-z0-9][A-Za-z0-9_.-]+", "the name of a volume")
ROLES = ("nginx_lb", "webapp", "mysql", "valkey")  # those that run a container
# By the name of a variable. [] stands for each element of a list, ": key" for a key of a mapping.
FORMATS = {
    **dict.fromkeys([f"nginx_lb_{each}_timeout" for each in ("header", "body", "send")], TIME),
    "nginx_lb_worker_shutdown_timeout": TIME_OR_0,
    "nginx_lb_keepalive_min_timeout": TIME_OR_0,
    "nginx_lb_stop_grace_period": PERIOD,
    "nginx_lb_header_buffer_size": SIZE,
    "nginx_lb_answer_file_size": SIZE,
    "nginx_lb_client_max_body_size": SIZE,
    "nginx_lb_tmpfs_size": SIZE,
    "nginx_lb_log_size": LOG_SIZE,
    **dict.fromkeys([f"{role}_memory_limit" for role in ROLES], MEMORY),
    "nginx_lb_worker_processes": WORKERS,
    **dict.fromkeys(
        (
            *("nginx_lb_image", "nginx_lb_waf_image", "mysql_image", "valkey_image"),
            "webapp_python_image",
        ),
        IMAGE,
    ),
    "webapp_image": NO_IMAGE,
    "nginx_lb_project_dir": Format(
        r"/[A-Za-z0-9._/-]+", "an absolute path of letters, digits, '.', '_' and '-'"
    ),
    "nginx_lb_server_names[]": Format(
        r"([*][.])?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", "a name such as shop.example"
    ),
    "nginx_lb_trusted_proxies[]": PROXY,
    "nginx_lb_never_banned[]": RANGE,
    "webapp_health_path": PATH,
    "webapp_ready_path": PATH,
    "webapp_server_name": Format(r"[!-~]*", "a name such as shop.example"),
    "webapp_version": Format(r"[A-Za-z0-9_.-]{1,100}", "text that an image's tag can hold"),
    "webapp_mysql_database": DATABASE,
    "peerlb_databases[]: name": DATABASE,
    "webapp_mysql_user": Format(r"[^\x00-\x1f\x7f]{1,32}", "a name of 1 to 32 characters"),
    "webapp_mysql_password": PASSWORD,
    "peerlb_mysql_users[]: password": PASSWORD,
    "mysql_root_password": Format(r"[\x01-\x09\x0b\x0c\x0e-\x7f]+", "one line of ASCII"),
    **dict.fromkeys(("mysql_data_volume", "valkey_data_volume"), VOLUME),
    "valkey_maxmemory": Format(r"[1-9][0-9]{0,14}([kmgKMG][bB])?", "a size such as 256mb", True),
    "webapp_valkey_user": ACCOUNT,
    "webapp_valkey_password": Format(r"[^\r\n\0]*", PASSWORD.wanted),
    "peerlb_valkey_users[]: name": ACCOUNT,
    "peerlb_valkey_users[]: password": PASSWORD,
    "docker_registry_mirrors[]": Format(r"https?://\S+", "an address such as https://mirror"),
}
# The least and the most of a number.
LIMITS = {
    "nginx_lb_worker_connections": (64, 1_000_000),
    "nginx_lb_large_bodies": (1, 99_999),
    "nginx_lb_limit_conn": (0, 99_999),
    "nginx_lb_limit_conn_tcp": (0, 99_999),
    "nginx_lb_pids_limit": (1, 99_999),
    # What the application itself takes.
    "webapp_workers": (1, 64),
    "webapp_threads": (4, 256),
    "webapp_keepalive": (1, 3600),
    "webapp_health_statuses[]": (100, 599),
    **{f"{role}_releases_kept": (2, 10_000) for role in ROLES},
    **{f"{role}_start_timeout": (1, 86_400) for role in ROLES},
}
ENVIRONMENT_NAME = Format(r"[A-Za-z_][A-Za-z0-9_.-]*", "a name such as API_URL")
SETTING_NAME = Format(r"[A-Za-z][A-Za-z0-9_.-]*", "the name of a setting of MySQL")


def _key(name: str) -> str:
    """Return the key of FORMATS and LIMITS for a name: "a[3]: b" gives "a[]: b"."""
    return re.sub(r"\[[0-9]+\]", "[]", name)


def takes_numbers(name: str) -> bool:
    """Tell whether a number is as good as the text that the variable takes."""
    return _key(name) in FORMATS and FORMATS[_key(name)].numbers


def check_format(name: str, value: t.Any, secret: bool = False) -> None:
    """Raise a ValueError if text, or a number, is not written as the variable of this name is.

    The message begins with the name, and does not show a secret.
    """
    form, limits = FORMATS.get(_key(name)), LIMITS.get(_key(name))
    if limits:
        whole_number(name, value, *limits)
    if form and secret and not re.fullmatch(form.pattern, str(value)):
        raise ValueError(f"{name}: the value is not {form.wanted}")
    if form:
        fit(name, value, form)


def fit(name: str, value: t.Any, form: Format) -> None:
    """Raise a ValueError that begins with the name if a value is not of this format."""
    if not re.fullmatch(form.pattern, str(value)) or (form.ranges and not _is_range(value)):
        raise misfit(name, value, form.wanted)


def _is_range(value: t.Any) -> bool:
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return False
    return True
