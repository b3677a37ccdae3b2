# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the groups of the stack. No other file has them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class StackGroups:
    """The names of the three groups of hosts that the playbooks are about.

    If the groups of an inventory have other names, they are children of these groups.
    """

    balancer: str = "nginx_lb"
    application: str = "webapp"
    database: str = "mysql"

    def names(self) -> tuple[str, str, str]:
        """Return the three names: ("nginx_lb", "webapp", "mysql")."""
        return self.balancer, self.application, self.database

    def hosts(self, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
        """Return the hosts of the three groups, each once. groups: Ansible's `groups`."""
        return list(dict.fromkeys(host for name in self.names() for host in groups.get(name, ())))


STACK = StackGroups()
