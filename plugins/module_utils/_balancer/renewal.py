# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members that are out of their pools while their host is renewed. No Ansible, no I/O."""

from __future__ import annotations

from .inputs import Inputs
from .overrides import settings_of

# The reason by which a drain for a renewal is told from an operator's own.
RENEWAL = "its host is being renewed"


def serving_in(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member gets new requests."""
    return [
        pool.name
        for pool in inputs.effective_pools()
        for each in pool.members
        if each.name == member and each.state == "up"
    ]


def drained_for_renewal(inputs: Inputs, member: str) -> list[str]:
    """Return the names of the pools in which a member is drained for a renewal."""
    return [
        pool
        for pool, entries in inputs.overrides.items()
        for name, entry in entries.items()
        if name == member
        and entry.get("reason") == RENEWAL
        and settings_of(entry).get("state") == "drain"
    ]
