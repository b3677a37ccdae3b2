# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks ask of the declaration. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..module_utils._topology.values import TopologyError
from ..plugin_utils._derive import flows
from ..plugin_utils._derive import pools as _pools
from ..plugin_utils._inventory import Declared, from_declaration
from ..plugin_utils._stack import STACK


@from_declaration
def addresses(given: Declared, of: str) -> list[str]:
    found = [host.address for host in given.topology.members(of)]
    if not found:
        raise TopologyError(
            [f"{of}: is no host, nor group or network with hosts, that is declared"]
        )
    return found


@from_declaration
def flow_address(given: Declared, source: str, target: str = "", protocol: str = "") -> dict:
    address, port = flows.flow_address(given.topology, source, target, protocol)
    return {"address": address, "port": port}


@from_declaration
def grant_hosts(given: Declared, target: str, port: int = 0) -> list:
    return flows.grant_hosts(given.topology, target, int(port))


@from_declaration
def pools(given: Declared, balancer: str = STACK.balancer, declared: t.Sequence[dict] = ()) -> list:
    return _pools.pools(given.topology, balancer, given.members, declared)


@from_declaration
def listeners(
    given: Declared, balancer: str = STACK.balancer, declared: t.Sequence[dict] = ()
) -> list:
    return _pools.listeners(given.topology, balancer, declared)


@from_declaration
def probe_targets(given: Declared, source: str) -> list:
    return flows.probe_targets(given.topology, given.topology.host(source))


@from_declaration
def service_port(given: Declared, of: str, protocol: str, balancer: str = STACK.balancer) -> int:
    return flows.service_port(given.topology, of, protocol, balancer)


@from_declaration
def service_address(given: Declared, source: str, balancer: str = STACK.balancer) -> str:
    return flows.service_address(given.topology, balancer, given.topology.host(source))


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "addresses": addresses,
            "flow_address": flow_address,
            "grant_hosts": grant_hosts,
            "listeners": listeners,
            "pools": pools,
            "probe_targets": probe_targets,
            "service_address": service_address,
            "service_port": service_port,
        }
