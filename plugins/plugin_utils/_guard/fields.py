# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read single fields of rules; each reader raises a ValueError that says what would be right."""

from __future__ import annotations

import re
import typing as t

from ...module_utils._values.entries import is_list, misfit, one_of, text, typed, whole_number
from .values import CLOSE, Limit

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
# nginx's maps have words of their own for these.
RESERVED = ("default", "hostnames", "include", "volatile")
LIST_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
RATE = re.compile(r"([0-9]{1,6})/([sm])")
TIME = re.compile(r"([0-9]{1,6})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
METHOD = re.compile(r"[A-Z][A-Z-]{0,30}")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
URL = re.compile(r"(https?://[A-Za-z0-9.:-]+)?/(?!/)[!#%&'()*+,./0-9:;=?@A-Z_a-z~-]*")
STATUSES: dict[str, int] = {"403": 403, "404": 404, "429": 429, "close": CLOSE}
REDIRECTS = (301, 302, 303, 307, 308)


def name(key: str, value: t.Any) -> str:
    """Return the name of a rule, which logs show."""
    if not NAME.fullmatch(text(key, value)) or value in RESERVED:
        wanted = f"up to 32 of a-z 0-9 _ -, a letter first, and none of {', '.join(RESERVED)}"
        raise misfit(key, value, wanted)
    return value


def list_name(key: str, value: t.Any) -> str:
    """Return the name of a list, which a variable and a file of nginx are named after."""
    if not LIST_NAME.fullmatch(text(key, value)):
        raise misfit(key, value, "up to 32 of a-z 0-9 _, a letter first")
    return value


def truth(key: str, value: t.Any) -> bool:
    """Return true or false."""
    return typed(key, value, bool)


def per_minute(key: str, value: t.Any) -> int:
    """Return the requests in a minute that "10/s" or "600/m" means."""
    found = RATE.fullmatch(str(value))
    if not found or not int(found[1]):
        raise misfit(key, value, "a rate such as 10/s or 600/m")
    return int(found[1]) * (60 if found[2] == "s" else 1)


def burst(key: str, value: t.Any) -> int:
    """Return how many requests may come at once beyond the rate."""
    return whole_number(key, value, 0, 1_000_000)


def seconds(key: str, value: t.Any) -> int:
    """Return the seconds that "10m" means."""
    found = TIME.fullmatch(str(value))
    if not found or not int(found[1]):
        raise misfit(key, value, "a time such as 10m: a number and s, m, h or d")
    return int(found[1]) * SECONDS[found[2]]


def limit_key(key: str, value: t.Any) -> str:
    """Return what a rate is counted by: "client", "all", or the name of a header."""
    word, _space, header = str(value).partition(" ")
    if value in ("client", "all"):
        return str(value)
    if word != "header" or not HEADER.fullmatch(header):
        raise misfit(key, value, "client, all, or header and its name, such as header X-Api-Key")
    return header


def limit(entry: t.Mapping[str, t.Any]) -> Limit:
    """Return the rate of a rule that has a good rate, burst and key."""
    return Limit(
        per_minute("rate", entry["rate"]),
        burst("burst", entry.get("burst", 0)),
        limit_key("key", entry.get("key", "client")),
    )


def status(key: str, value: t.Any) -> int:
    """Return the status of a refusal; close is nginx's 444."""
    return STATUSES[one_of(key, str(value), tuple(STATUSES))]


def url(key: str, value: t.Any) -> str:
    """Return where a redirect leads; nginx would take a "$" in it for a variable."""
    if not URL.fullmatch(text(key, value)):
        raise misfit(key, value, "a URL or a path, such as https://shop.example/busy")
    return value


def code(key: str, value: t.Any) -> int:
    """Return the status of a redirect."""
    return int(one_of(key, str(value), tuple(map(str, REDIRECTS))))


def path(key: str, value: t.Any) -> str:
    """Return a path in the form to which nginx brings those of requests."""
    bare = value[:-2] if text(key, value).endswith("/*") else value
    parts = bare.split("/")
    below_nothing = bare != value and bare.endswith("/")
    good = value.startswith("/") and value.isprintable() and not set(bare) & set("*?#%")
    if not good or "." in parts or ".." in parts or "" in parts[1:-1] or below_nothing:
        wanted = (
            "a path such as /admin, or /admin/* for all below it, decoded and without // and .."
        )
        raise misfit(key, value, wanted)
    return value


def method(key: str, value: t.Any) -> str:
    """Return a method such as GET."""
    if not METHOD.fullmatch(text(key, value)):
        raise misfit(key, value, "a method in capitals, such as GET")
    return value


def header(key: str, value: t.Any) -> str:
    """Return the name of a header in small letters."""
    if not HEADER.fullmatch(text(key, value)):
        raise misfit(key, value, "the name of a header, such as X-Api-Key")
    return value.lower()


def header_value(key: str, value: t.Any) -> str:
    """Return the value of a header."""
    if not text(key, value) or not value.isprintable() or value != value.strip():
        raise misfit(key, value, "text that a header can have")
    return value


def each(
    reader: t.Callable[[str, t.Any], str], key: str, value: t.Any
) -> tuple[tuple[str, ...], list[str]]:
    """Return what a reader makes of each value of a list, and all that is wrong with them."""
    if not is_list(value) or not value:
        return (), [str(misfit(key, value, "a list with at least one value"))]
    good, faults = [], []
    for number, one in enumerate(value):
        try:
            good.append(reader(f"{key}[{number}]", one))
        except ValueError as exc:
            faults.append(str(exc))
    return tuple(good), faults
