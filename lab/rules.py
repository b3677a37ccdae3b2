# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's firewall rules as text for nftables, for the fabric and for this machine. No I/O.

Each rule has a comment that says what the rule admits, so that a test can find and delete one rule.
"""

from __future__ import annotations

import typing as t
from ipaddress import IPv4Address

from .names import (
    ACME_PORT,
    MGMT,
    MIRROR_PORT,
    NOWHERE,
    PRIVATE_NETWORKS,
    ROOT_LINK,
    UPLINK,
    UPLINK_FABRIC,
    UPLINK_ROOT,
)

if t.TYPE_CHECKING:
    from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology

    from .links import Link

FABRIC_RULES = """\
table inet peerlb
delete table inet peerlb
table inet peerlb {{
  chain forward {{
    type filter hook forward priority filter; policy drop;
    tcp flags syn tcp option maxseg size set rt mtu
{spoofed}
    oifname "{nowhere}" reject with icmp type host-unreachable comment "no route"
    ct state established,related accept comment "answers"
    jump flows
    jump management
    jump egress
  }}
  chain flows {{
{flows}
  }}
  chain management {{
{management}
  }}
  chain egress {{
    iifname != "{mgmt}" oifname "{uplink}" ip daddr {root} udp dport 53 accept comment "names"
    iifname != "{mgmt}" oifname "{uplink}" ip daddr {root} tcp dport 53 accept comment "names"
    iifname != "{mgmt}" oifname "{uplink}" ip daddr != {private} accept comment "internet"
{acme}
  }}
  chain input {{
    type filter hook input priority filter; policy drop;
    ct state established,related accept
    meta l4proto icmp accept
{mirror}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    oifname "{uplink}" masquerade
  }}
}}
"""

# "accept" is final for this table only. This machine's own firewall may still drop the packet.
ROOT_RULES = """\
table ip peerlb
delete table ip peerlb
table ip peerlb {{
  chain prerouting {{
    type nat hook prerouting priority dstnat;
    iifname "{link}" ip daddr {root} udp dport 53 dnat to {nameserver}
    iifname "{link}" ip daddr {root} tcp dport 53 dnat to {nameserver}
  }}
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {fabric} oifname != "{link}" oifname != "lo" masquerade
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    iifname "{link}" ct status dnat accept comment "names"
    iifname "{link}" ip daddr {private} drop
    iifname "{link}" oifname "{interface}" accept comment "internet"
    iifname "{link}" drop
    oifname "{link}" ct state established,related accept
    oifname "{link}" drop
  }}
  chain input {{
    type filter hook input priority filter; policy accept;
    iifname "{link}" ct state established,related accept
    iifname "{link}" ct status dnat accept comment "names, where the name server is this machine"
    iifname "{link}" drop
  }}
}}
"""


def fabric_rules(topology: Topology, links: t.Sequence[Link]) -> str:
    """Return the fabric's rules. They drop all else, even between two hosts of one network."""
    hosts = [link for link in links if link.host]
    spoofed = [
        f'iifname "{link.link}" ip saddr != {link.address} drop comment "not {link.name}"'
        for link in links
    ]
    mirror = [
        f'iifname "{link.link}" ip daddr {UPLINK_FABRIC} tcp dport {MIRROR_PORT} accept'
        f' comment "image mirror: {link.name}"'
        for link in hosts
        if link.host and link.host.network
    ]
    return FABRIC_RULES.format(
        acme=_lines(_acme_rules(hosts)),
        spoofed=_lines(spoofed),
        flows=_lines(_flow_rules(topology, hosts)),
        management=_lines(_management_rules(topology, hosts)),
        mirror=_lines(mirror),
        mgmt=MGMT,
        nowhere=NOWHERE,
        uplink=UPLINK,
        root=UPLINK_ROOT,
        private=_set(PRIVATE_NETWORKS),
    )


def _acme_rules(hosts: list[Link]) -> list[str]:
    """Return the rules that lead to the CA beside each client."""
    return [
        f'iifname != "{MGMT}" oifname "{link.link}" tcp dport {ACME_PORT} accept'
        f' comment "internet: the CA beside {link.name}"'
        for link in hosts
        if link.host and not link.host.network
    ]


def root_rules(interface: str, nameserver: IPv4Address) -> str:
    """Return this machine's rules. *interface* is that of its default route."""
    return ROOT_RULES.format(
        link=ROOT_LINK,
        root=UPLINK_ROOT,
        fabric=UPLINK_FABRIC,
        interface=interface,
        nameserver=nameserver,
        private=_set(PRIVATE_NETWORKS),
    )


def _flow_rules(topology: Topology, hosts: list[Link]) -> list[str]:
    ports = dict.fromkeys(flow.port for flow in topology.flows)
    rules = []
    for source in hosts:
        for target in hosts:
            if source == target or source.host is None or target.host is None:
                continue
            for port in ports:
                flow = topology.admits(source.host, target.host, port)
                if flow:
                    rules.append(_flow_rule(source, target, port, f"flow: {flow}: {source.name}"))
    return rules


def _flow_rule(source: Link, target: Link, port: int, comment: str) -> str:
    return (
        f'iifname "{source.link}" oifname "{target.link}"'
        f" ip saddr {source.address} ip daddr {target.address}"
        f' tcp dport {port} ct state new accept comment "{comment[:120]}"'
    )


def _management_rules(topology: Topology, hosts: list[Link]) -> list[str]:
    return [
        f'iifname "{MGMT}" oifname "{link.link}" ip saddr {entry.source} ip daddr {link.address}'
        f' tcp dport {entry.port} ct state new accept comment "management: {link.name}"'
        for link in hosts
        for entry in topology.management
    ]


def _set(values: t.Iterable[str]) -> str:
    return "{ " + ", ".join(values) + " }"


def _lines(rules: t.Iterable[str]) -> str:
    return "\n".join(f"    {rule}" for rule in rules)
