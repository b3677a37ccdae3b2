# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run would change. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..plugin_utils._derive.flows import grant_hosts
from ..plugin_utils._inventory import (
    Declared,
    declared,
    errors_for_ansible,
    from_declaration,
    registered,
)
from ..plugin_utils._preview import changes, told
from ..plugin_utils._stack import STACK, StackGroups


@from_declaration
def declaration_note(given: Declared) -> dict[str, list[str]]:
    return changes.declared(given.topology)


@from_declaration
def preview(
    given: Declared,
    deployed: t.Mapping[str, dict],
    users: t.Iterable[dict],
    balancer: str,
    application: str,
    database: str,
    pools: t.Any = (),
    listeners: t.Any = (),
) -> list[str]:
    settings = {"pools": pools, "listeners": listeners}
    stack = StackGroups(balancer, application, database)
    wish = changes.wanted(given.topology, stack, given.members, settings, users)
    return changes.changes(deployed, wish)


def site_preview(
    source: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    play_hosts: t.Sequence[str],
    users: t.Iterable[dict] = (),
) -> list[str]:
    hosts = STACK.hosts(groups)
    found = registered(hostvars, hosts, *told.NAMES)
    states = {host: told.state(own) for host, own in found.items()}
    with errors_for_ansible():
        wish = _wish(declared(source, groups, hostvars), users)
    known = {host: state for host, state in states.items() if state is not None}
    lines = changes.changes(known, wish) or ["nothing of what follows from the declaration"]
    outside = [host for host in hosts if host not in play_hosts]
    return lines + ([f"not asked, as outside of --limit: {', '.join(outside)}"] if outside else [])


def _wish(given: Declared, users: t.Iterable[dict]) -> changes.Sections:
    """Return what the inventory asks for, with the application's account before the others."""
    account = {
        "name": given.first(STACK.application, "webapp_mysql_user", "webapp"),
        "hosts": grant_hosts(given.topology, STACK.database),
    }
    settings = {
        key: given.first(STACK.balancer, f"peerlb_{key}", []) for key in ("pools", "listeners")
    }
    return changes.wanted(given.topology, STACK, given.members, settings, [account, *users])


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "declaration_note": declaration_note,
            "preview": preview,
            "site_preview": site_preview,
        }
