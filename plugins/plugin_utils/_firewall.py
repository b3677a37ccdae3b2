# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rules of a host's own firewall from the declaration. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t

from ..module_utils._topology.values import ANY, Host, Management, TopologyError
from ..module_utils._values.entries import is_list
from ..module_utils._values.ranges import cidrs

if t.TYPE_CHECKING:
    from ..module_utils._topology.model import Topology

# What Docker calls its bridges, unless it is told otherwise.
TRUSTED = ("docker*", "br-*")

ICMP = "destination-unreachable, echo-request, time-exceeded, parameter-problem"
NEIGHBOURS = (
    "packet-too-big, mld-listener-query, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert"
)

# Priority filter - 10 comes before Docker's own chains, after its translation of addresses. An
# accept ends only this table's say; a drop is final.
RULES = """\
# From the declaration, by the role firewall. It touches no other table.
table inet peerlb
delete table inet peerlb
table inet peerlb {{
  chain input {{
    type filter hook input priority filter - 10; policy accept;
    iifname "lo" accept
    ct state established,related accept
{trusted}
    icmp type {{ {icmp} }} accept
    icmpv6 type {{ {icmp}, {neighbours} }} accept
    udp sport 67 udp dport 68 accept comment "an address by DHCP"
    udp sport 547 udp dport 546 accept comment "an address by DHCPv6"
{management}
    goto declared
  }}
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
    ct state established,related accept
{trusted}
    ct status dnat goto declared comment "a port that a container publishes"
{contained}
  }}
  chain declared {{
{unrouted}
{flows}
    drop comment "not declared"
  }}
}}
"""


def firewall_rules(topology: Topology, name: str, trusted: t.Sequence[str] = TRUSTED) -> str:
    """Return a host's rules as a file for nft -f, which replaces the table inet peerlb.

    trusted: the interfaces of containers, such as docker0 or br-*: what comes from these is not
    filtered. Raises TopologyError where the host stands in no declared network, or trusted is no
    list of what can be names of interfaces.
    """
    host = topology.hosts.get(name)
    if host is None or host.network is None:
        raise TopologyError([f"host {name}: stands in no declared network, so no flow leads to it"])
    return RULES.format(
        icmp=ICMP,
        neighbours=NEIGHBOURS,
        trusted=_lines(f'iifname "{each}" accept' for each in _checked(trusted)),
        contained=_lines(
            f'oifname "{each}" drop comment "past what is published"' for each in trusted
        ),
        management=_lines(_management(each) for each in topology.management),
        unrouted=_lines(_unrouted(topology, host)),
        flows=_lines(_flows(topology, host)),
    )


def _checked(trusted: t.Sequence[str]) -> t.Sequence[str]:
    if not is_list(trusted):
        raise TopologyError([f"firewall_trusted_interfaces is {trusted!r}, not a list"])
    wrong = [str(each) for each in trusted if not re.fullmatch(r"[\w.@-]{1,15}\*?", str(each))]
    if wrong:
        right = "write a name such as docker0, or its beginning and a star, such as br-*"
        raise TopologyError([f"{each!r} names no interface; {right}" for each in wrong])
    return trusted


def _management(entry: Management) -> str:
    # To any address of the host: Ansible may know it by another than that in its network.
    return f'ip saddr {entry.source} tcp dport {entry.port} accept comment "management"'


def _unrouted(topology: Topology, host: Host) -> list[str]:
    """Keep out the networks that are not peered, also where a flow admits any."""
    ranges = [
        str(cidr)
        for network in topology.networks.values()
        if not topology.routed(network.name, host.network)
        for cidr in network.cidrs
    ]
    return [f'ip saddr {_set(ranges)} drop comment "no peering"'] if ranges else []


def _flows(topology: Topology, host: Host) -> list[str]:
    """Return a rule for each flow to the host, by the packets' first target.

    A port that Docker publishes is another address and port by the time a packet is forwarded.
    """
    rules = []
    for flow in topology.flows:
        if host in topology.members(flow.target):
            source = _source(topology, flow.source, host)
            # Where nobody is behind a flow, nobody is let in.
            if source is not None:
                port = f"meta l4proto tcp ct original proto-dst {flow.port}"
                rules.append(f'{source}{port} accept comment "{str(flow)[:120]}"')
    return rules


def _source(topology: Topology, source: str, host: Host) -> str | None:
    """Return the match of who may use a flow, and at which address; None where that is nobody.

    The hosts' own addresses, not their networks: a neighbour that is no member stays out, as the
    declaration says. Whoever comes from outside may use any address of the host, a public one too.
    """
    if source == ANY:
        return ""
    ranges = cidrs(topology.addresses(source))
    return f"ip saddr {_set(ranges)} ct original ip daddr {host.address} " if ranges else None


def _set(members: t.Iterable[str]) -> str:
    return "{ " + ", ".join(members) + " }"


def _lines(rules: t.Iterable[str]) -> str:
    return "\n".join(f"    {rule}" for rule in rules)
