# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rules of a host's own firewall from the declaration, for nftables."""

from __future__ import annotations

import re
import typing as t
from ipaddress import ip_network

from ..module_utils._topology.values import ANY, Host, Management, TopologyError
from ..module_utils._values.entries import is_list
from ..module_utils._values.ranges import cidrs

if t.TYPE_CHECKING:
    from ..module_utils._topology.model import Topology

# The names that Docker gives its bridges, unless they are configured.
TRUSTED = ("docker*", "br-*")

# The keys of a rule of one's own, and the numbers of the protocols that it may name.
OWN_KEYS = ("from", "protocol", "port", "comment")
NUMBERS = {"vrrp": 112, "esp": 50, "ah": 51, "gre": 47, "ospf": 89, "igmp": 2, "ipip": 4}

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
    jump own
    goto declared
  }}
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
    ct state established,related accept
{trusted}
    ct status dnat jump own
    ct status dnat goto declared comment "a port that a container publishes"
{contained}
  }}
  chain own {{
{extra}
  }}
  chain declared {{
{unrouted}
{flows}
    drop comment "not declared"
  }}
}}
"""


def firewall_rules(
    topology: Topology, name: str, trusted: t.Sequence[str] = TRUSTED, extra: t.Any = ()
) -> str:
    """Return a host's rules as a file for nft -f, which replaces the table inet peerlb.

    trusted: the interfaces of containers, such as docker0 or br-*; what comes from these is not
    filtered. extra: rules of one's own, as `_extra` reads them. Raises a TopologyError if the host
    lies in no declared network, or that names each wrong entry of trusted or extra.
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
        extra=_lines(_extra(extra)),
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


def _extra(rules: t.Any) -> list[str]:
    """Return rules of one's own as rules of nftables.

    One is a line of nftables, "ip protocol vrrp accept", or a mapping: {"from": "2001:db8::/32",
    "protocol": "udp", "port": 51820, "comment": "WireGuard"}. Only protocol is needed. Raises a
    TopologyError that names each wrong entry.
    """
    if not is_list(rules):
        raise TopologyError([f"firewall_extra_rules is {rules!r}, not a list"])
    lines, problems = [], []
    for number, rule in enumerate(rules):
        try:
            lines.append(_own_line(rule) if isinstance(rule, str) else _own_mapping(rule))
        except ValueError as exc:
            problems.append(f"firewall_extra_rules[{number}]: {rule!r}: {exc}")
    if problems:
        raise TopologyError(problems)
    return lines


def _own_line(rule: str) -> str:
    """Return a line of nftables; a ValueError if the line would leave its chain."""
    bare = re.sub(r'"[^"]*"', "", rule)
    odd = re.search(r'[\n\r;#"]|^[^{]*}', bare) or bare.count("{") != bare.count("}")
    if odd or not rule.strip():
        raise ValueError("right is one rule of nftables, such as ip protocol vrrp accept")
    return rule.strip()


def _own_mapping(rule: t.Any) -> str:
    """Return the rule that a mapping means; a ValueError says what is wrong with the mapping."""
    if not isinstance(rule, t.Mapping) or not set(rule) <= set(OWN_KEYS):
        raise ValueError(f"right is a mapping with {', '.join(OWN_KEYS)}")
    protocol = str(rule.get("protocol", ""))
    source, port = str(rule.get("from", ANY)), str(rule.get("port", ""))
    words = [] if source == ANY else [_own_source(source)]
    if protocol in ("tcp", "udp"):
        if not re.fullmatch(r"[0-9]{1,5}(-[0-9]{1,5})?", port) or not _are_ports(port):
            raise ValueError("port: right is one from 1 to 65535, or a range such as 6000-6010")
        # As people reach it: Docker has replaced the port that a container publishes by then.
        words.append(f"meta l4proto {protocol} ct original proto-dst {port}")
    elif protocol in NUMBERS and not port:
        words.append(f"meta l4proto {NUMBERS[protocol]}")
    else:
        raise ValueError(f"protocol: right is tcp or udp with a port, or {', '.join(NUMBERS)}")
    comment = re.sub(r"[^\w .,:/()-]", " ", str(rule.get("comment", protocol)))[:120]
    return f'{" ".join(words)} accept comment "{comment}"'


def _own_source(text: str) -> str:
    """Return the match of a range of addresses; a ValueError for a name, which may change."""
    try:
        network = ip_network(text)
    except ValueError as exc:
        raise ValueError(
            f"from: {exc}. Right is a range such as 10.9.0.0/24 or 2001:db8::/32; nftables would"
            " look up a name only once"
        ) from None
    return f"{'ip6' if network.version == 6 else 'ip'} saddr {network}"


def _are_ports(text: str) -> bool:
    numbers = [int(each) for each in text.split("-")]
    return numbers == sorted(numbers) and numbers[0] >= 1 and numbers[-1] <= 65535


def _set(members: t.Iterable[str]) -> str:
    return "{ " + ", ".join(members) + " }"


def _lines(rules: t.Iterable[str]) -> str:
    return "\n".join(f"    {rule}" for rule in rules)
