# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location of nginx asks a pool: the one place of these lines. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._nginx.upstreams import tls_path
from .closing import look_lines
from .quoting import literal

LEAST_TRIES, MOST_TRIES = 3, 10


@dataclass(frozen=True)
class RouteSettings:
    """What a route says of its requests, beside the settings of its pool.

    timeout: how long a member may be silent, as nginx writes times; "" for the pool's read_timeout.
    body_size: the largest body of a request, such as 10m; "" for the server's. buffering: whether
    nginx collects the answer before it passes it on. websockets: None for the server's.
    """

    timeout: str = ""
    body_size: str = ""
    buffering: bool = True
    websockets: bool | None = None


NO_SETTINGS = RouteSettings()


def ask_lines(
    pool: t.Mapping[str, t.Any],
    route: str = "",
    settings: RouteSettings = NO_SETTINGS,
    before: t.Sequence[str] = (),
    *,
    looks: bool = True,
) -> list[str]:
    """Return the lines of a location that asks a pool.

    pool: its settings, as Pool.params() gives them. route: how the log names the route. before:
    lines of the rewrite phase that come after maintenance. looks: whether the location names its
    pool and looks if that is in maintenance, as it must unless the server has one pool and does so
    itself. The server holds `error_page 502 = @$peerlb_pool;`, which the location must not replace.
    """
    return [
        *(names_lines(pool["name"], route) if looks else []),
        *websockets_lines(settings),
        *(look_lines(pool["name"]) if looks else []),
        *before,
        "recursive_error_pages on;",
        *_members(pool),
        *_times(pool, settings),
        *_retries(pool),
        *size_lines(settings.body_size),
        *([] if settings.buffering else ["proxy_buffering off;"]),
    ]


def _members(pool: t.Mapping[str, t.Any]) -> list[str]:
    """Return the line that asks the members, and before it how, if nginx speaks TLS to them."""
    name = pool["name"]
    if not pool.get("tls"):
        return [f"proxy_pass http://{name};"]
    return [f"include {tls_path(name)};", f"proxy_pass https://{name};"]


def names_lines(pool: str, route: str) -> list[str]:
    """Return the lines that tell which pool is asked, and by which route."""
    return [f"set $peerlb_pool {literal(pool)};", f"set $peerlb_route {literal(route)};"]


def websockets_lines(settings: RouteSettings) -> list[str]:
    """Return the line of whether a route lets WebSockets pass; none if the server's word counts."""
    if settings.websockets is None:
        return []
    return [f'set $peerlb_websockets "{int(settings.websockets)}";']


def _times(pool: t.Mapping[str, t.Any], settings: RouteSettings) -> list[str]:
    silent = settings.timeout or pool["read_timeout"]
    return [
        f"proxy_connect_timeout {pool['connect_timeout']};",
        f"proxy_read_timeout {silent};",
        f"proxy_send_timeout {silent};",
    ]


def _retries(pool: t.Mapping[str, t.Any]) -> list[str]:
    # non_idempotent is not among these, so a POST that was sent to one member is never sent to
    # another. No member is left out after a failure, so half of them may be dead at once.
    return [
        f"proxy_next_upstream {' '.join(pool['retry_on']) or 'off'};",
        f"proxy_next_upstream_tries {tries(pool)};",
    ]


def tries(pool: t.Mapping[str, t.Any]) -> int:
    """Return how many members of a pool may be asked for one request."""
    return min(max(LEAST_TRIES, len(pool["members"]) // 2 + 1), MOST_TRIES)


def size_lines(body_size: str) -> list[str]:
    """Return the line of the largest body that a location takes; none if the server's counts."""
    return [f"client_max_body_size {body_size};"] if body_size else []
