# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find ports that two programs of a host would both bind: nginx, the application, MySQL, SSH."""

from __future__ import annotations

import itertools
import typing as t

from ...module_utils._topology.hosts import Variables
from ...module_utils._topology.model import Topology
from ...module_utils._values.entries import whole_number
from .._edge.waf import WafError
from .._edge.waf_parts import read_ports
from .._stack import StackGroups

SSH_PORT, STATUS_PORT, POOL_PORT = 22, 8081, 8053  # the two last are the role nginx_lb's
STATUS, POOLS = "nginx's status", "the unit peerlb-pools"
WAF = "the web application firewall"
VARIABLES = {
    STATUS: "nginx_lb_status_port",
    POOLS: "nginx_lb_pool_port",
    WAF: "nginx_lb_waf_ports",
}
EVERY = ""  # every address of a host
LOOPBACK = "127.0.0.1"


class Bind(t.NamedTuple):
    """A port that a program of a host binds, at one address or at every one."""

    port: int
    address: str
    owner: str  # such as "MySQL"

    def clashes(self, other: Bind) -> bool:
        """Tell whether the kernel, or nginx, admits only one of the two."""
        meet = EVERY in (self.address, other.address) or self.address == other.address
        return self.port == other.port and meet


def host_binds(
    topology: Topology,
    stack: StackGroups,
    name: str,
    listeners: t.Iterable[t.Mapping[str, t.Any]],
    ports: t.Mapping[str, int],
    variables: Variables,
) -> list[Bind]:
    """Return what the programs of a host bind.

    ports: where the application and MySQL serve, by group. variables: the host's `ansible_port`,
    `nginx_lb_status_port` and `nginx_lb_pool_port`, of which a ValueError names one that is no
    port, and `peerlb_waf` and `nginx_lb_waf_ports`.
    """
    host = topology.hosts[name]
    used = {key: _port(key, variables.get(key), default) for key, default in PORTS.items()}
    ssh = {used["ansible_port"], used["ansible_ssh_port"] or used["ansible_port"]}
    ssh.update(entry.port for entry in topology.management)
    binds = [Bind(port, EVERY, "SSH or other management") for port in sorted(ssh)]
    if stack.balancer in host.groups:
        own = {"nginx_lb_status_port": STATUS, "nginx_lb_pool_port": POOLS}
        binds += [Bind(used[key], LOOPBACK, owner) for key, owner in own.items()]
        binds += [Bind(port, LOOPBACK, WAF) for port in _waf_ports(variables)]
        binds += [
            Bind(each["port"], each["address"], f"nginx's listener {each['port']}")
            for each in listeners
        ]
    owners = {stack.application: "the application", stack.database: "MySQL", stack.store: "Valkey"}
    served = {group: owner for group, owner in owners.items() if group in host.groups}
    return binds + [Bind(ports[group], host.address, served[group]) for group in served]


PORTS = {
    "ansible_port": SSH_PORT,
    "ansible_ssh_port": 0,
    "nginx_lb_status_port": STATUS_PORT,
    "nginx_lb_pool_port": POOL_PORT,
}


def _waf_ports(variables: Variables) -> list[int]:
    """Return the ports of the firewall; those that are wrong are refused where it is read."""
    if not variables.get("peerlb_waf"):
        return []
    ports = variables.get("nginx_lb_waf_ports")
    try:
        return list(vars(read_ports({} if ports is None else ports)).values())
    except WafError:
        return []


def _port(key: str, value: t.Any, default: int) -> int:
    return default if value is None else whole_number(key, value, 1, 65535)


def misplaced(
    topology: Topology, balancer: str, listeners: t.Iterable[t.Mapping[str, t.Any]]
) -> list[str]:
    """Return a problem for each listener at an address that no load balancer has."""
    others = {
        host.address: name for name, host in topology.hosts.items() if balancer not in host.groups
    }
    found = []
    for each in listeners:
        address = str(each["address"])
        if address.startswith("127."):
            found.append(f"listener {each['port']}: at {address} nobody but the host reaches it")
        elif address in others:
            found.append(
                f"listener {each['port']}: {address} is the address of {others[address]}, which is"
                " no load balancer"
            )
    return found


def clashes(binds: t.Sequence[Bind]) -> list[str]:
    """Return a problem for each pair of programs of a host that would bind the same port."""
    return [
        f"port {one.port} is bound by {one.owner} and by {other.owner}; " + _way_out(one, other)
        for one, other in itertools.combinations(binds, 2)
        if one.clashes(other)
    ]


def _way_out(*binds: Bind) -> str:
    own = [VARIABLES[each.owner] for each in binds if each.owner in VARIABLES]
    if own:
        return f"give the flow another port, or set {' or '.join(own)}"
    return "give a flow another port, or put the two on hosts of their own"
