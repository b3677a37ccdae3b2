# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location asks a pool by way of the web application firewall. No Ansible, no I/O.

The firewall is a proxy of its own beside nginx: it asks nginx's inner server, which asks the pool.
"""

from __future__ import annotations

import typing as t

from .asking import (
    NO_SETTINGS,
    RouteSettings,
    names_lines,
    size_lines,
    tries,
    websockets_lines,
)
from .closing import look_lines
from .quoting import literal
from .sizes import in_milliseconds

UPSTREAM = "peerlb_waf"


def ask_name(pool: str, timeout: str = "") -> str:
    """Return by which name the inner server asks a pool: webapp, or webapp/30s with a timeout."""
    return f"{pool}/{timeout}" if timeout else pool


def waf_lines(
    pool: t.Mapping[str, t.Any],
    route: str = "",
    settings: RouteSettings = NO_SETTINGS,
    before: t.Sequence[str] = (),
) -> list[str]:
    """Return the lines of a location that asks a pool by way of the firewall.

    They are as those of `ask_lines`. The variable $peerlb_waf_ask is passed on in a header, which
    tells the inner server whom to ask.
    """
    # The inner server may ask several members, each for so long.
    silent = in_milliseconds(settings.timeout or pool["read_timeout"]) * tries(pool)
    return [
        *names_lines(pool["name"], route),
        *websockets_lines(settings),
        *look_lines(pool["name"]),
        f"set $peerlb_waf_ask {literal(ask_name(pool['name'], settings.timeout))};",
        # Where the firewall fails, nobody may ask the pool again behind its back.
        f"set $peerlb_pool {literal(UPSTREAM)};",
        *before,
        "recursive_error_pages on;",
        f"proxy_pass http://{UPSTREAM};",
        "proxy_connect_timeout 2s;",
        f"proxy_read_timeout {silent}ms;",
        f"proxy_send_timeout {silent}ms;",
        # A POST that the firewall has got is not sent again, as it may have gone on to a member.
        "proxy_next_upstream error;",
        "proxy_next_upstream_tries 2;",
        *size_lines(settings.body_size),
        *([] if settings.buffering else ["proxy_buffering off;"]),
    ]
