# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which members of a pool serve, and with which weights. No Ansible, no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """A member that serves, and its weight; a backup serves while no other member can."""

    name: str
    address: str
    port: int
    weight: int = 1
    backup: bool = False
