# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that a role would refuse, or that would fail on the host, is refused by check.yml."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.formats import (
    FORMATS,
    LIMITS,
    check_format,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.role_variables import (
    OTHER_NAMES,
    wrong_variables,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._roles import role_options
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK

GROUPS = {"all": ["lb1", "web1", "db1"], "nginx_lb": ["lb1"], "webapp": ["web1"], "mysql": ["db1"]}
USER = {"name": "a", "password": "x", "privileges": "a.*:ALL", "hosts": ["%"]}
WRONG = {
    "nginx_lb_log_size": ["100MB", "1.5G", "100 M", "0"],
    "nginx_lb_header_timeout": ["10 s", "0", "0s", "soon", "１s"],
    "nginx_lb_keepalive_min_timeout": ["soon", "", "1; x"],
    "nginx_lb_stop_grace_period": ["3", "3 s", ""],
    "nginx_lb_tmpfs_size": ["a lot", "1.5g"],
    "nginx_lb_memory_limit": ["1.5g", "0"],
    "webapp_memory_limit": ["512 MB", "lots"],
    "nginx_lb_worker_processes": ["0", "x", "auto; x"],
    "nginx_lb_worker_connections": [0, 10, 10**7, "x"],
    "nginx_lb_project_dir": ["/opt/peer lb", "opt", "/opt/100%"],
    "nginx_lb_server_names": [["a b"], ["shop:80"], ["*"]],
    "nginx_lb_trusted_proxies": [
        ["0.0.0.0/0"],
        ["::/0"],
        ["10.0.0.0/7"],
        ["proxy.example"],
        ["300.0.0.1"],
    ],
    "nginx_lb_never_banned": [["foo"], ["1.2.3.4/33"], ["300.0.0.1"], ["::g"], ["1:2"], [""]],
    "nginx_lb_releases_kept": [0, 1, "-1"],
    "mysql_image": ["", "a b", "UPPER:1", "x\ny"],
    "webapp_image": ["a b", "-x"],
    "mysql_data_volume": ["", "a b", "../data"],
    "mysql_root_password": ["é", "a\nb"],
    "webapp_mysql_password": ["a\nb", "a\0b"],
    "peerlb_mysql_users": [[{**USER, "password": "a\rb"}]],
    "webapp_mysql_user": ["", "a" * 33, "a\nb"],
    "webapp_mysql_database": ["", "a b", "a`b", "a" * 49],
    "peerlb_databases": [[{"name": "a/b"}]],
    "webapp_health_path": ["healthz", "/a b"],
    "webapp_server_name": ["a b"],
    "webapp_version": ["a:b", ""],
    "webapp_workers": [0, 65],
    "webapp_threads": [3],
    "webapp_keepalive": [0],
    "webapp_health_statuses": [[99], [600]],
    "docker_registry_mirrors": [["mirror.example"], ["http://a b"]],
    "webapp_diagnostics": ["maybe", 2, ""],
}


def problems(name: str, value: object) -> list[str]:
    variables = {host: {name: value} for host in GROUPS["all"]}
    return wrong_variables(variables, GROUPS, STACK, role_options)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(name, value) -> None:
    (problem,) = problems(name, value)
    assert problem.split(": ", 1)[1].startswith(name)


def test_a_secret_is_not_shown() -> None:
    for name in ("mysql_root_password", "webapp_mysql_password"):
        assert "oyster" not in problems(name, "oyster\né")[0]


def test_every_format_is_that_of_a_variable() -> None:
    known = set()
    for role in ("docker", "nginx_lb", "webapp", "mysql", "valkey"):
        for name, spec in role_options(role).items():
            own = OTHER_NAMES.get(name, name)
            known |= {own, f"{own}[]", *(f"{own}[]: {key}" for key in spec.get("options") or ())}
    assert {*FORMATS, *LIMITS} <= known


def test_what_has_no_format_is_taken() -> None:
    check_format("webapp_reason", "any text\n")
