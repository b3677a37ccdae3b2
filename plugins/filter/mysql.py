# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that compares a MySQL server; mysql_differences.yml documents it."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._database.change import read_clients
from ..plugin_utils._database.differences import differences
from ..plugin_utils._database.server import read_server


def mysql_differences(
    result: t.Any,
    users: t.Sequence[t.Mapping[str, t.Any]] = (),
    databases: t.Sequence[t.Mapping[str, t.Any]] = (),
    hostname: str = "",
    clients: t.Any = None,
) -> dict[str, t.Any]:
    """Return what differs on a server, as the names of changes with what they take."""
    try:
        server, known = read_server(result), read_clients(clients)
        return differences(server, users, databases, hostname, known).as_dict()
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"mysql_differences": mysql_differences}
