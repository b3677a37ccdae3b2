# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks look up, derived in one pass. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import TopologyError
from .._stack import StackGroups
from .flows import flow_address, grant_hosts, service_port
from .pools import Settings, listeners, pools

Derived = dict[str, t.Any]
Values = t.Mapping[str, t.Mapping[str, t.Any]]  # variables by host


def addresses(topology: Topology, hosts: t.Iterable[str]) -> dict[str, str]:
    """Return each host's address in the declared networks; raise for hosts that stand in none."""
    names = list(hosts)
    lost = [name for name in names if name not in topology.hosts]
    if lost:
        raise TopologyError(f"host {name}: stands in no declared network" for name in lost)
    return {name: topology.hosts[name].address for name in names}


def database(topology: Topology, stack: StackGroups, values: Values) -> Derived:
    """Return what the MySQL servers are told: port, the application's account, their databases.

    values: `webapp_mysql_user` and `webapp_mysql_database` of the application's hosts, of which
    the first counts, and `peerlb_databases` of the MySQL servers.
    """

    def setting(key: str) -> str:
        own = (values.get(host.name, {}).get(key) for host in topology.members(stack.application))
        return next((text for text in own if text is not None), "webapp")

    name = setting("webapp_mysql_database")
    return {
        "port": service_port(topology, stack.database, "mysql", stack.balancer),
        # MySQL sees the address of the load balancer and not of the application.
        "account": {
            "name": setting("webapp_mysql_user"),
            "hosts": grant_hosts(topology, stack.database),
            "privileges": f"{name}.*:ALL",
        },
        "databases": {
            host.name: _databases(name, values.get(host.name, {}).get("peerlb_databases") or [])
            for host in topology.members(stack.database)
        },
    }


def _databases(name: str, others: t.Sequence[t.Mapping[str, t.Any]]) -> list[t.Any]:
    """Put the application's database first, unless it is written out among the others."""
    written = any(isinstance(each, t.Mapping) and each.get("name") == name for each in others)
    return [*([] if written else [{"name": name}]), *others]


def application(topology: Topology, stack: StackGroups) -> Derived:
    """Return what the application is told: its port, its way to MySQL, whose headers it trusts."""
    address, port = flow_address(topology, stack.application, protocol="mysql")
    return {
        "port": service_port(topology, stack.application, "http", stack.balancer),
        "mysql_host": address,
        "mysql_port": port,
        "trusted_proxies": [host.address for host in topology.members(stack.balancer)],
    }


def balancers(
    topology: Topology, stack: StackGroups, members: Settings, values: Values
) -> dict[str, Derived]:
    """Return each load balancer's pools and listeners.

    members: `peerlb_member` by host; values: `peerlb_pools` and `peerlb_listeners` by host.
    """
    found = {}
    for host in topology.members(stack.balancer):
        own = values.get(host.name, {})
        found[host.name] = {
            "pools": pools(topology, stack.balancer, members, _list(own, "peerlb_pools")),
            "listeners": listeners(topology, stack.balancer, _list(own, "peerlb_listeners")),
        }
    return found


def _list(values: t.Mapping[str, t.Any], key: str) -> t.Any:
    return [] if values.get(key) is None else values[key]
