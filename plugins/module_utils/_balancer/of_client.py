# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which bans hold one client, and what is in maintenance, for whoever explains its requests."""

from __future__ import annotations

import ipaddress
import typing as t
from pathlib import Path

from .._bans.truth import Truth, is_over


def of_client(root: Path, client: str | None, now: float) -> dict[str, t.Any]:
    """Return what nginx_release_info tells as `client`; nothing is banned if client is "".

    {} comes back for None, so that whoever does not ask needs no files of bans.

    {"bans": [{"range": "203.0.113.7/32", "until": 1767225600.0, "reason": "scans", "by": "ada",
    "source": "operator"}], "maintenance": {"webapp": {"retry_after": 300, "allow": [], …}}}.
    root is the directory of the releases, and now is in seconds of the epoch. A ValueError says
    what cannot be read.
    """
    if client is None:
        return {}
    try:
        truth = Truth.read(root).at(now)
    except OSError as exc:
        raise ValueError(f"cannot read the bans: {exc}") from None
    return {
        "bans": _bans(truth, ipaddress.IPv4Address(client), now) if client else [],
        "maintenance": {pool: each.params() for pool, each in truth.maintenance.items()},
    }


def _bans(truth: Truth, address: ipaddress.IPv4Address, now: float) -> list[dict[str, t.Any]]:
    """Return the bans of operators and rules first, and then those of lists."""
    own = [each.params() for each in truth.bans if address in each.network]
    listed = [
        {
            "range": text,
            "until": entry.get("until"),
            "reason": entry.get("reason", ""),
            "source": f"list {path}",
        }
        for path, entries in truth.lists.items()
        for text, entry in entries.items()
        if not is_over(entry, now) and address in ipaddress.IPv4Network(text)
    ]
    return [*own, *listed]
