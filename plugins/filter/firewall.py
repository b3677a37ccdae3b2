# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's own firewall from the declaration. The filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._topology.values import TopologyError
from ..plugin_utils import _firewall
from ..plugin_utils._inventory import model


def firewall_rules(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    host: str,
    trusted: t.Sequence[str] = _firewall.TRUSTED,
) -> str:
    try:
        topology, _values = model(declaration, groups, hostvars)
        return _firewall.firewall_rules(topology, host, trusted)
    except TopologyError as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"firewall_rules": firewall_rules}
