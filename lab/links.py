# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cables of the lab: each leads from a namespace of its own to the fabric. No I/O."""

from __future__ import annotations

import typing as t
import zlib
from dataclasses import dataclass

from .names import PREFIX

if t.TYPE_CHECKING:
    from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host


@dataclass(frozen=True)
class Link:
    """One cable, from a namespace of its own (eth0 there) to the fabric (named link there)."""

    name: str
    link: str
    address: str
    table: int
    host: Host | None = None  # None: the management path

    @property
    def namespace(self) -> str:
        return PREFIX + self.name


def link_name(host: str) -> str:
    """Return the name of a host's link in the fabric; the kernel takes 15 characters."""
    return host if len(host) <= 15 else f"{host[:8]}-{zlib.crc32(host.encode()) & 0xFFFFFF:06x}"
