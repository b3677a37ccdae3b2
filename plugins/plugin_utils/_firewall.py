# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rules of a host's own firewall from the declaration, for nftables."""

from __future__ import annotations

import re
import typing as t

from ..module_utils._topology.values import ANY, Host, Management, TopologyError
from ..module_utils._values.entries import is_list
from ..module_utils._values.ranges import cidrs

if t.TYPE_CHECKING:
    from ..module_utils._topology.model import Topology

# The names that Docker gives its bridges, unless they are configured.
TRUSTED = ("docker*", "br-*")

ICMP = "destination-unreachable, echo-request, time-exceeded, parameter-problem"
ICMPV6_ONLY = (  # without these a host finds neither its neighbours nor its routers
    "packet-too-big, mld-listener-query, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert"
)

# With the priority filter - 10 the chains come after Docker has translated addresses, and before
# Docker's own filter. A packet that is accepted here may still be dropped there. A packet that is
# dropped here is gone.
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
    icmpv6 type {{ {icmp}, {icmpv6_only} }} accept
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

    trusted: the interfaces of containers, such as docker0 or br-*; what comes from these is not
    filtered. Raises a TopologyError if the host lies in no declared network, or if trusted is not
    a list of names that interfaces can have.
    """
    host = topology.hosts.get(name)
    if host is None or host.network is None:
        raise TopologyError([f"host {name}: stands in no declared network, so no flow leads to it"])
    return RULES.format(
        icmp=ICMP,
        icmpv6_only=ICMPV6_ONLY,
        trusted=_lines(f'iifname "{each}" accept' for each in _interfaces(trusted)),
        contained=_lines(
            f'oifname "{each}" drop comment "past what is published"' for each in trusted
        ),
        management=_lines(_management(entry) for entry in topology.management),
        unrouted=_lines(_unrouted(topology, host)),
        flows=_lines(_flows(topology, host)),
    )


def _interfaces(trusted: t.Sequence[str]) -> t.Sequence[str]:
    """Return the names of interfaces; raise a TopologyError for what cannot be one."""
    if not is_list(trusted):
        raise TopologyError([f"firewall_trusted_interfaces is {trusted!r}, not a list"])
    wrong = [str(name) for name in trusted if not re.fullmatch(r"[\w.@-]{1,15}\*?", str(name))]
    if wrong:
        right = "write a name such as docker0, or its beginning and a star, such as br-*"
        raise TopologyError([f"{name!r} names no interface; {right}" for name in wrong])
    return trusted


def _management(entry: Management) -> str:
    # It admits packets to any address of the host, as Ansible may connect to another address than
    # the one in the host's network.
    return f'ip saddr {entry.source} tcp dport {entry.port} accept comment "management"'


def _unrouted(topology: Topology, host: Host) -> list[str]:
    """Return the rule that drops packets from networks that are not peered with the host's."""
    # It comes before the flows, because a flow from any does not admit these networks.
    ranges = [
        str(cidr)
        for network in topology.networks.values()
        if not topology.routed(network.name, host.network)
        for cidr in network.cidrs
    ]
    return [f'ip saddr {_set(ranges)} drop comment "no peering"'] if ranges else []


def _flows(topology: Topology, host: Host) -> list[str]:
    """Return a rule for each flow to the host that somebody may use.

    The rules match the original address and port of a packet. When Docker forwards a packet to a
    container, it has already replaced both.
    """
    rules = []
    for flow in topology.flows:
        if host in topology.members(flow.target):
            source = _source(topology, flow.source, host)
            if source is not None:
                port = f"meta l4proto tcp ct original proto-dst {flow.port}"
                comment = re.sub(r"[^ !#-\[\]-~]", "?", str(flow))[:120]  # nft knows no escapes
                rules.append(f'{source}{port} accept comment "{comment}"')
    return rules


def _source(topology: Topology, source: str, host: Host) -> str | None:
    """Return the match of a flow's sources and of the host's address; None if nobody is a source.

    For a group the match has the addresses of its hosts and not their networks, as other hosts in
    these are not admitted. Without a match ("") any source may use any address of the host, even a
    public one.
    """
    if source == ANY:
        return ""
    ranges = cidrs(topology.addresses(source))
    return f"ip saddr {_set(ranges)} ct original ip daddr {host.address} " if ranges else None


def _set(members: t.Iterable[str]) -> str:
    return "{ " + ", ".join(members) + " }"


def _lines(rules: t.Iterable[str]) -> str:
    return "\n".join(f"    {rule}" for rule in rules)
