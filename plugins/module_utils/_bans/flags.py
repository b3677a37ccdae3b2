# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The flags that nginx looks for, below live/ beside the releases.

    live/on/                         there is any flag
    live/bans/203.0.113.7            a ban of an address
    live/bans/203.0.113              a ban of the 256 addresses of 203.0.113.0/24
    live/maintenance/webapp/         a pool is in maintenance; "all" stands for all that is served
    live/retry/webapp.300/           what its Retry-After says
    live/allow/webapp/192.0.2.1      who is served nevertheless, written as bans are

nginx keeps it in mind for a second that there is no such file, or that there is a directory. What
is a file it looks at anew each time, and keeps none of them open. A flag needs no content. Workers
open each flag, also one that is a directory, so they may read it. They look for exact names, so
nobody but root may list the bans.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .._values.addresses import IPv4Network

LIVE = "live"
ON = "on"
BANS, MAINTENANCE, RETRY, ALLOW = "bans", "maintenance", "retry", "allow"
KEEPERS = (BANS, MAINTENANCE, RETRY, ALLOW)  # which stay though they are empty
LISTED, UNLISTED = 0o755, 0o711  # modes of directories that are flags, and that hold flags
NET = 24  # the prefix length of the ranges that have a flag of their own


def keys(network: IPv4Network) -> list[str]:
    """Return the names of the flags for a range that is not wider than a /16.

    203.0.113.7/32 is ["203.0.113.7"], 203.0.112.0/23 is ["203.0.112", "203.0.113"].
    """
    if network.prefixlen > NET:
        return [str(each) for each in network]
    nets = network.subnets(new_prefix=NET)
    return [str(each.network_address).rsplit(".", 1)[0] for each in nets]


Flags = dict[str, dict[str, bool]]  # by directory below live/: whether a flag is a directory


class Closed(t.Protocol):
    """What flags tell of a pool in maintenance; `maintenance.py` has it."""

    @property
    def retry_after(self) -> int:
        """How many seconds a client is to wait before it comes again."""

    @property
    def networks(self) -> t.Sequence[IPv4Network]:
        """Who is served nevertheless."""


def wanted(bans: t.Iterable[IPv4Network], maintenance: t.Mapping[str, Closed]) -> Flags:
    """Return the flags for bans, and for what is in maintenance, by pool."""
    found: Flags = {name: {} for name in KEEPERS}
    found[BANS] = {key: False for network in bans for key in keys(network)}
    for pool, entry in maintenance.items():
        found[MAINTENANCE][pool] = True
        found[RETRY][f"{pool}.{entry.retry_after}"] = True
        found[ALLOW][pool] = True
        found[f"{ALLOW}/{pool}"] = {key: False for each in entry.networks for key in keys(each)}
    found[""] = {**dict.fromkeys(KEEPERS, True), **({ON: True} if any(found.values()) else {})}
    return found


def apply(root: Path, flags: Flags) -> int:
    """Make the flags below root/live those that are wanted; return how many were not.

    An OSError says which one cannot be made or removed.
    """
    live, changed = root / LIVE, 0
    for name in sorted({"", *flags}):
        _directory(live / name, UNLISTED)
    # Whoever is served nevertheless is so before others are not, and as long.
    order = sorted(flags, key=lambda name: (name == "", name == MAINTENANCE, name))
    for name in order:
        changed += _add(live / name, flags[name])
    for name in reversed(order):
        changed += _take_away(live / name, flags[name])
    return changed


def _directory(path: Path, mode: int) -> None:
    """Make a directory with this mode; what stands in its way goes."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        path.mkdir()
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def _there(place: Path) -> dict[str, bool]:
    """Return what a directory holds, each with whether it is a directory."""
    with os.scandir(place) as entries:
        return {each.name: each.is_dir(follow_symlinks=False) for each in entries}


def _add(place: Path, flags: t.Mapping[str, bool]) -> int:
    """Make the flags that a directory lacks; return how many."""
    there = _there(place)
    fresh = [name for name, kind in flags.items() if there.get(name) is not kind]
    for name in fresh:
        if name in there:
            _remove(place / name)
        if flags[name]:
            kept = place.name == ALLOW or name in KEEPERS
            _directory(place / name, UNLISTED if kept else LISTED)
        else:
            handle = os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o644)
            os.fchmod(handle, 0o644)
            os.close(handle)
    return len(fresh)


def _take_away(place: Path, flags: t.Mapping[str, bool]) -> int:
    """Remove what a directory should not hold; return how many."""
    gone = set(_there(place)).difference(flags)
    for name in gone:
        _remove(place / name)
    return len(gone)


def _remove(path: Path) -> None:
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    for each in path.iterdir():
        _remove(each)
    path.rmdir()


def missing(root: Path, flags: Flags) -> list[str]:
    """Return the flags that are not there: ["bans/203.0.113.7"]."""
    live = root / LIVE
    return [
        f"{name}/{flag}".lstrip("/")
        for name, own in flags.items()
        for flag, kind in own.items()
        if not ((live / name / flag).is_dir() if kind else (live / name / flag).is_file())
    ]
