# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location knows that its pool is in maintenance. No Ansible, no I/O.

live-pools.conf looks for the flags of all pools, once a request and only while any pool is closed.
A location then reads one variable, which costs next to nothing however many locations there are.
"""

from __future__ import annotations

import re
import typing as t

from .quoting import fixed, literal

POOLS_FILE = "live-pools.conf"
LEAVE = "rewrite ^ /-/peerlb/maintenance? last;"


def closed_variable(pool: str) -> str:
    """Return the variable that is "1" while a pool is closed: $peerlb_closed_api_2d_1 for api-1.

    A sign that no variable may have is written as its number between underscores, and so is a
    capital letter, because nginx reads it as a small one.
    """
    return "$peerlb_closed_" + re.sub("[^a-z0-9]", _numbered, pool)


def _numbered(sign: re.Match[str]) -> str:
    return f"_{ord(sign[0]):x}_"


def look_lines(pool: str) -> list[str]:
    """Return the line that leads to the notice of a maintenance while the pool is closed."""
    return [f"if ({closed_variable(pool)}) {{ set $peerlb_closed {literal(pool)}; {LEAVE} }}"]


def pools_text(pools: t.Iterable[str]) -> str:
    """Return the text of live-pools.conf, which live.conf includes while a pool may be closed."""
    lines = []
    for pool in pools:
        variable, name = closed_variable(pool), f"/{fixed(pool)}"
        lines += [
            f'set {variable} "";',
            'set $peerlb_allowed "";',
            'set $peerlb_allowed_net "";',
            f'if (-d "$peerlb_live/maintenance{name}$peerlb_exempt") {{',
            f"    set {variable} 1;",
            f'    set $peerlb_allowed "$peerlb_live/allow{name}/$remote_addr";',
            f'    set $peerlb_allowed_net "$peerlb_live/allow{name}/$peerlb_net";',
            "}",
            f'if (-f $peerlb_allowed) {{ set {variable} ""; }}',
            f'if (-f $peerlb_allowed_net) {{ set {variable} ""; }}',
        ]
    return "".join(f"{line}\n" for line in lines)
