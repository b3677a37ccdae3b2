# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks ask of the declaration. Each filter has its documentation beside this file."""

from __future__ import annotations

import functools
import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._nginx.checks import PoolError
from ..module_utils._topology.model import Topology
from ..module_utils._topology.values import TopologyError
from ..plugin_utils._derive import flows as _derive
from ..plugin_utils._derive import pools as _derive_pools
from ..plugin_utils._inventory import Values, model


def _read(function: t.Callable) -> t.Callable:
    """Hand the function the model and its variables, and its errors to Ansible as one message."""

    @functools.wraps(function)
    def wrapper(declaration: t.Any, groups: t.Any, hostvars: t.Any, **options: t.Any) -> t.Any:
        try:
            return function(*model(declaration, groups, hostvars), **options)
        except (TopologyError, PoolError) as exc:
            raise AnsibleFilterError(str(exc)) from exc

    return wrapper


@_read
def addresses(topology: Topology, _values: Values, of: str) -> list[str]:
    found = [host.address for host in topology.members(of)]
    if not found:
        raise TopologyError(
            [f"{of}: is no host, nor group or network with hosts, that is declared"]
        )
    return found


@_read
def flow_address(
    topology: Topology, _values: Values, source: str, target: str = "", protocol: str = ""
) -> dict:
    address, port = _derive.flow_address(topology, source, target, protocol)
    return {"address": address, "port": port}


@_read
def grant_hosts(topology: Topology, _values: Values, target: str, port: int = 0) -> list:
    return _derive.grant_hosts(topology, target, int(port))


@_read
def pools(
    topology: Topology, values: Values, balancer: str, declared: t.Sequence[dict] = ()
) -> list:
    settings = {name: own["peerlb_member"] for name, own in values.items()}
    return _derive_pools.pools(topology, balancer, settings, declared)


@_read
def listeners(
    topology: Topology, _values: Values, balancer: str, declared: t.Sequence[dict] = ()
) -> list:
    return _derive_pools.listeners(topology, balancer, declared)


@_read
def probe_targets(topology: Topology, _values: Values, source: str) -> list:
    return _derive.probe_targets(topology, topology.host(source))


@_read
def service_port(topology: Topology, _values: Values, of: str, protocol: str, balancer: str) -> int:
    return _derive.service_port(topology, of, protocol, balancer)


@_read
def service_address(topology: Topology, _values: Values, balancer: str, source: str) -> str:
    return _derive.service_address(topology, balancer, topology.host(source))


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
