# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that look up a declaration. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._derive import flows
from ..plugin_utils._derive import pools as _pools
from ..plugin_utils._derive.application import Application, requests_of
from ..plugin_utils._inventory import Inventory, from_declaration
from ..plugin_utils._stack import STACK


@from_declaration
def addresses(inventory: Inventory, of: str) -> list[str]:
    """Return the addresses of the hosts of a group, a host or a network."""
    found = [host.address for host in inventory.topology.members(of)]
    if not found:
        raise TopologyError(
            [f"{of}: is no host, nor group or network with hosts, that is declared"]
        )
    return found


@from_declaration
def flow_address(
    inventory: Inventory, source: str, target: str = "", protocol: str = ""
) -> dict[str, t.Any]:
    """Return the address and port at which a source finds a service."""
    address, port = flows.flow_address(inventory.topology, source, target, protocol)
    return {"address": address, "port": port}


@from_declaration
def grant_hosts(inventory: Inventory, target: str, port: int = 0) -> list[str]:
    """Return the host parts of the accounts that may log in at MySQL servers."""
    return flows.grant_hosts(inventory.topology, target, int(port))


@from_declaration
def pools(
    inventory: Inventory, balancer: str = STACK.balancer, declared: t.Sequence[dict] = ()
) -> list[dict]:
    """Return the pools of load balancers."""
    health = Application.of(inventory.topology, STACK, inventory.variables).health()
    return _pools.pools(inventory.topology, balancer, inventory.member_settings, declared, health)


@from_declaration
def listeners(
    inventory: Inventory, balancer: str = STACK.balancer, declared: t.Sequence[dict] = ()
) -> list[dict]:
    """Return the listeners of load balancers."""
    return _pools.listeners(inventory.topology, balancer, declared)


@from_declaration
def probe_targets(inventory: Inventory, source: str) -> list[dict]:
    """Return what a host must and must not reach."""
    topology = inventory.topology
    requests = requests_of(topology, inventory.variables)
    return flows.probe_targets(topology, topology.host(source), requests)


@from_declaration
def service_port(
    inventory: Inventory, of: str, protocol: str, balancer: str = STACK.balancer
) -> int:
    """Return the port at which the hosts of a group serve."""
    return flows.service_port(inventory.topology, of, protocol, balancer)


@from_declaration
def service_address(inventory: Inventory, source: str, balancer: str = STACK.balancer) -> str:
    """Return where a client asks for the service."""
    return flows.service_address(inventory.topology, balancer, inventory.topology.host(source))


@from_declaration
def service_url(
    inventory: Inventory, source: str, balancer: str = STACK.balancer
) -> dict[str, str]:
    """Return how a client asks for the service: the scheme, the address and the name."""
    topology = inventory.topology
    tls = inventory.first(balancer, "peerlb_tls", {})
    redirects = not isinstance(tls, t.Mapping) or tls.get("redirect", True) is not False
    host, flow = flows.service_flow(topology, balancer, topology.host(source), redirects)
    asked = Application.of(topology, STACK, inventory.variables)
    scheme = "https" if flow.protocol == "https" else "http"
    address = f"{host.seen_from(topology.host(source))}:{flow.port}"
    name = asked.tls_name if scheme == "https" else asked.server_name
    return {"scheme": scheme, "address": address, "name": name}


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "addresses": addresses,
            "flow_address": flow_address,
            "grant_hosts": grant_hosts,
            "listeners": listeners,
            "pools": pools,
            "probe_targets": probe_targets,
            "service_address": service_address,
            "service_port": service_port,
            "service_url": service_url,
        }
