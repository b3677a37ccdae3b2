# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the groups that make the stack, in the one place that knows them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class StackGroups:
    """The three groups of the inventory that the playbooks are about.

    An inventory whose groups have other names makes them children of these.
    """

    balancer: str = "nginx_lb"
    application: str = "webapp"
    database: str = "mysql"

    def names(self) -> tuple[str, str, str]:
        """Return the three names: the load balancers, the application, the database."""
        return self.balancer, self.application, self.database

    def hosts(self, groups: t.Mapping[str, t.Sequence[str]]) -> list[str]:
        """Return the hosts of the three groups, each once; groups is Ansible's `groups`."""
        return list(dict.fromkeys(host for name in self.names() for host in groups.get(name, ())))


STACK = StackGroups()
