# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that are refused, because they filter nothing or cannot be undone. No I/O."""

from __future__ import annotations

import re
import typing as t


def problem(
    rules: str, undo_after: int, trusted: str | t.Sequence[str], ways: t.Sequence[str], host: str
) -> str:
    """Return why these rules are refused, "" if they are not.

    trusted: the interfaces that the rules do not filter. ways: the interfaces of the default route.
    """
    if not rules:
        return "firewall_rules is empty: the playbook firewall derives it from the declaration."
    if undo_after < 5:
        return (
            "firewall_undo_after is less than 5 seconds, which is too short for a new connection"
            " to a busy host."
        )
    # Text would be compared letter by letter and never match an interface.
    if isinstance(trusted, str):
        return f"firewall_trusted_interfaces is {trusted}, not a list."
    if any(is_trusted(way, trusted) for way in ways):
        return (
            f"firewall_trusted_interfaces lists {', '.join(ways)}, which {host} uses for its"
            " default route: nothing would be filtered. List the interfaces of its containers only."
        )
    return ""


def is_trusted(interface: str, trusted: t.Iterable[str]) -> bool:
    """Tell whether nftables takes an interface for one of these, such as br-1a2b for br-*."""
    patterns = [re.escape(str(each)).replace(r"\*", ".*") for each in trusted]
    return any(re.fullmatch(pattern, interface) for pattern in patterns)
