# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the groups of the stack. No other file has them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class StackGroups:
    """The names of the groups of hosts that the playbooks are about.

    Three of them have to have hosts. The store, in which the application keeps what is to outlive
    its members, is there if somebody wants it. If the groups of an inventory have other names, they
    are children of these groups.
    """

    balancer: str = "nginx_lb"
    application: str = "webapp"
    database: str = "mysql"
    store: str = "valkey"

    def names(self) -> tuple[str, str, str]:
        """Return the groups that have to have hosts: ("nginx_lb", "webapp", "mysql")."""
        return self.balancer, self.application, self.database

    def every(self) -> tuple[str, ...]:
        """Return all names, also those of groups that may be missing."""
        return (*self.names(), self.store)

    def present(self, groups: t.Mapping[str, t.Sequence[str]]) -> tuple[str, ...]:
        """Return the names that have to have hosts, and of the others those that have any."""
        return (*self.names(), *(name for name in (self.store,) if groups.get(name)))

    def hosts(self, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
        """Return the hosts of all these groups, each once. groups: Ansible's `groups`."""
        return list(dict.fromkeys(host for name in self.every() for host in groups.get(name, ())))


STACK = StackGroups()
