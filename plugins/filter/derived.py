# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one evaluation of the declaration. The filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..plugin_utils import _firewall
from ..plugin_utils._derive import derived as _derived
from ..plugin_utils._inventory import Declared, errors_for_ansible, read_declared
from ..plugin_utils._stack import STACK

Part = dict[str, t.Any]

Keys = dict[str, tuple[str, ...]]  # names of variables by group

ALWAYS: Keys = {STACK.balancer: ("peerlb_pools", "peerlb_listeners")}
# What each part needs besides.
KEYS: dict[str, Keys] = {
    "mysql": {
        STACK.application: ("webapp_mysql_user", "webapp_mysql_database"),
        STACK.database: ("peerlb_databases",),
    },
    "webapp": {},
    "nginx_lb": {},
    "verify": {STACK.application: ("webapp_image",)},
    "firewall": {name: ("firewall_trusted_interfaces",) for name in STACK.names()},
}


def _mysql(given: Declared, groups: t.Any) -> Part:
    addresses = _derived.addresses(given.topology, groups.get(STACK.database, ()))
    return {**_derived.database(given.topology, STACK, given.values), "addresses": addresses}


def _webapp(given: Declared, groups: t.Any) -> Part:
    addresses = _derived.addresses(given.topology, groups.get(STACK.application, ()))
    return {**_derived.application(given.topology, STACK), "addresses": addresses}


def _nginx_lb(given: Declared, _groups: t.Any) -> Part:
    return _derived.balancers(given.topology, STACK, given.members, given.values)


def _firewall_rules(given: Declared, groups: t.Any) -> Part:
    found = {}
    for host in STACK.hosts(groups):
        trusted = given.values[host]["firewall_trusted_interfaces"]
        trusted = _firewall.TRUSTED if trusted is None else trusted
        found[host] = _firewall.firewall_rules(given.topology, host, trusted)
    return found


def _verify(given: Declared, _groups: t.Any) -> Part:
    return {"own_application": bool(given.first(STACK.application, "webapp_image", ""))}


DERIVE = {
    "mysql": _mysql,
    "webapp": _webapp,
    "nginx_lb": _nginx_lb,
    "verify": _verify,
    "firewall": _firewall_rules,
}


def derived(
    declaration: t.Any, groups: t.Any, hostvars: t.Any, parts: t.Iterable[str] = ()
) -> dict[str, t.Any]:
    with errors_for_ansible():
        keys = dict(ALWAYS)
        for part in parts:
            for group, names in KEYS[part].items():
                keys[group] = (*keys.get(group, ()), *names)
        given = read_declared(declaration, groups, hostvars, keys)
        return {"model": given.as_text(), **{part: DERIVE[part](given, groups) for part in parts}}


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"derived": derived}
