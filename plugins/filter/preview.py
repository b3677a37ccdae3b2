# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run would change. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._nginx.checks import PoolError
from ..module_utils._topology.values import TopologyError
from ..plugin_utils import _preview
from ..plugin_utils._inventory import model
from ..plugin_utils._proof.proof import Stack


def declaration_note(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> dict[str, list[str]]:
    topology, _values = model(declaration, groups, hostvars)
    return _preview.declared(topology)


def preview(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    deployed: t.Mapping[str, dict],
    users: t.Iterable[dict],
    balancer: str,
    application: str,
    database: str,
    pools: t.Any = (),
    listeners: t.Any = (),
) -> list[str]:
    try:
        topology, values = model(declaration, groups, hostvars)
        settings = {name: own["peerlb_member"] for name, own in values.items()}
        given = {"pools": pools, "listeners": listeners}
        stack = Stack(balancer, application, database)
        wish = _preview.wanted(topology, stack, settings, given, users)
    except (TopologyError, PoolError) as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return _preview.changes(deployed, wish)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"declaration_note": declaration_note, "preview": preview}
