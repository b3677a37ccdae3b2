# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that choose the hosts of a play. The file NAME.yml beside this one documents each.

Ansible evaluates the hosts of a play in its main process. The first use of any filter there loads
all filters of the collection once; otherwise each worker loads them anew, a tenth of a second each.
"""

from __future__ import annotations

import typing as t

from ansible.module_utils.parsing.convert_bool import BOOLEANS_FALSE

from ..module_utils._topology.values import CLIENTS
from ..plugin_utils._stack import STACK


def hosts_if(pattern: str, condition: t.Any) -> str | list[str]:
    """Return a pattern of hosts if a condition is true, and otherwise no host."""
    return pattern if _is_true(condition) else []


def hosts_with(hostvars: t.Any, groups: t.Any, names: t.Sequence[str], path: str) -> list[str]:
    """Return the hosts of groups for which a variable is set and not false, empty or "no".

    path is the name of the variable, or of an element of a result: "__webapp_release.differs".
    """
    hosts = dict.fromkeys(host for name in names for host in groups.get(name, ()))
    return [host for host in hosts if _is_true(_value(hostvars.get(host) or {}, path))]


def client_hosts(groups: t.Any) -> str:
    """Return the pattern of the clients: the controller takes their place if there are none."""
    return CLIENTS if groups.get(CLIENTS) else "localhost"


def stack_hosts(groups: t.Any) -> str:
    """Return the pattern of all hosts of the stack; Ansible warns of a group that is missing."""
    return ":".join(STACK.present(groups))


def _value(variables: t.Any, path: str) -> t.Any:
    for key in path.split("."):
        variables = variables.get(key) if isinstance(variables, t.Mapping) else None
        if variables is None:
            return None
    return variables


def _is_true(value: t.Any) -> bool:
    text = value.lower() if isinstance(value, str) else None
    return bool(value) and text not in BOOLEANS_FALSE


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "client_hosts": client_hosts,
            "hosts_if": hosts_if,
            "hosts_with": hosts_with,
            "stack_hosts": stack_hosts,
        }
