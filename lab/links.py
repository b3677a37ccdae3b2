# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The links of the lab, each from one namespace to the fabric. No I/O."""

from __future__ import annotations

import typing as t
import zlib
from dataclasses import dataclass

from .names import PREFIX

if t.TYPE_CHECKING:
    from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host


@dataclass(frozen=True)
class Link:
    """A pair of virtual interfaces: eth0 in a host's namespace, and *link* in the fabric.

    *table* is the number of the routing table for packets that come in by this link.
    """

    name: str
    link: str
    address: str
    table: int
    host: Host | None = None  # None for the namespace from which Ansible connects

    @property
    def namespace(self) -> str:
        """The name of the network namespace, such as "peerlb-web1"."""
        return PREFIX + self.name


def link_name(host: str) -> str:
    """Return the name of a host's interface in the fabric, of at most 15 characters.

    The kernel takes no longer name. Example: "a-host-w-1a2b3c" for "a-host-with-a-long-name".
    """
    return host if len(host) <= 15 else f"{host[:8]}-{zlib.crc32(host.encode()) & 0xFFFFFF:06x}"
