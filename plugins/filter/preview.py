# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for the playbook preview. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t

from ..module_utils._values.notes import left
from ..plugin_utils._derive.flows import grant_hosts
from ..plugin_utils._hostvars import registered
from ..plugin_utils._inventory import (
    Inventory,
    errors_for_ansible,
    from_declaration,
    load_inventory,
)
from ..plugin_utils._preview import changes, state
from ..plugin_utils._stack import STACK, StackGroups


@from_declaration
def declaration_note(inventory: Inventory) -> dict[str, list[str]]:
    """Return the declaration as lines, by section."""
    return changes.declaration_lines(inventory.topology)


@from_declaration
def preview(
    inventory: Inventory,
    deployed: t.Mapping[str, dict],
    users: t.Iterable[dict],
    balancer: str,
    application: str,
    database: str,
    pools: t.Any = (),
    listeners: t.Any = (),
) -> list[str]:
    """Return what would change, as lines, from the states that hosts told."""
    settings = {"pools": pools, "listeners": listeners}
    stack = StackGroups(balancer, application, database)
    members = inventory.member_settings
    return changes.changes(
        deployed, changes.desired(inventory.topology, stack, members, settings, users)
    )


def site_preview(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    play_hosts: t.Sequence[str],
    users: t.Iterable[dict] = (),
) -> list[str]:
    """Return what would change, as lines, from what the tasks of the playbook registered."""
    hosts = STACK.hosts(groups)
    results = registered(hostvars, hosts, *state.RESULTS)
    states = {host: state.read_state(own) for host, own in results.items()}
    with errors_for_ansible():
        wanted = _desired(load_inventory(source, groups, hostvars), users)
    known = {host: own for host, own in states.items() if own is not None}
    lines = changes.changes(known, wanted) or ["nothing of the declaration and of the services"]
    notes = [own["note"] for own in known.values() if own.get("note")]
    lines += left(notes[0].get("rules", ()), wanted["rules", ""]) if notes else []
    outside = [host for host in hosts if host not in play_hosts]
    return lines + ([f"not asked, as outside of --limit: {', '.join(outside)}"] if outside else [])


def _desired(inventory: Inventory, users: t.Iterable[dict]) -> changes.Sections:
    """Return what the inventory asks for, with the application's account before the users."""
    account = {
        "name": inventory.first(STACK.application, "webapp_mysql_user", "webapp"),
        "hosts": grant_hosts(inventory.topology, STACK.database),
    }
    settings = {
        key: inventory.first(STACK.balancer, f"peerlb_{key}", [])
        for key in ("pools", "listeners", "url_map")
    }
    members = inventory.member_settings
    return changes.desired(inventory.topology, STACK, members, settings, [account, *users])


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "declaration_note": declaration_note,
            "preview": preview,
            "site_preview": site_preview,
        }
