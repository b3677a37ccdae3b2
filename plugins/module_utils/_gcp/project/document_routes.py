# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what leads out of a network: routes, and routers with Cloud NAT. No Ansible, no I/O."""

from __future__ import annotations

from .fields import Fields, last, ref
from .values import Nat, Route, Router

NEXT_HOPS = (
    "Instance",
    "Ip",
    "Ilb",
    "VpnTunnel",
    "InterconnectAttachment",
    "Peering",
    "Hub",
    "Network",
)
INTERNET = "internet"


def read_router(fields: Fields) -> Router:
    nats = list(fields.each("nats"))
    return Router(
        fields.get("name", str),
        ref(fields.get("network", str, "")),  # one of Network Connectivity Center has none
        last(fields.get("region", str)),
        tuple(_read_nat(each) for each in nats if _is_public(each)),
        frozenset(each.get("name", str) for each in nats),
        bool(fields.get("bgpPeers", list, [])),
    )


def _is_public(nat: Fields) -> bool:
    """Leave out NAT that leads to other networks, for IPv6 alone, or for proxies and not VMs."""
    serves = nat.get("sourceSubnetworkIpRangesToNat", str, "")
    users = nat.texts("endpointTypes")
    return (
        bool(serves)
        and nat.get("type", str, "PUBLIC") == "PUBLIC"
        and (not users or "ENDPOINT_TYPE_VM" in users)
    )


def _read_nat(fields: Fields) -> Nat:
    listed = fields.get("sourceSubnetworkIpRangesToNat", str) == "LIST_OF_SUBNETWORKS"
    served = [each for each in fields.each("subnetworks") if _serves_primary_range(each)]
    subnets = frozenset(ref(each.get("name", str)) for each in served)
    return Nat(fields.get("name", str), subnets if listed else None)


def _serves_primary_range(subnet: Fields) -> bool:
    """Tell whether NAT is for the addresses that VMs have themselves, not for containers only."""
    ranges = subnet.texts("sourceIpRangesToNat")
    return not ranges or bool({"ALL_IP_RANGES", "PRIMARY_IP_RANGE"}.intersection(ranges))


def read_route(fields: Fields) -> Route | None:
    if ":" in fields.get("destRange", str):
        return None
    gateway = fields.get("nextHopGateway", str, "")
    hops = {kind: last(fields.get(f"nextHop{kind}", str, "")) for kind in NEXT_HOPS}
    named = ", ".join(f"{kind} {hop}" for kind, hop in hops.items() if hop)
    return Route(
        fields.get("name", str),
        ref(fields.get("network", str)),
        fields.cidr("destRange"),
        fields.number("priority", 1000, 65535),
        frozenset(fields.texts("tags")),
        INTERNET if last(gateway) == "default-internet-gateway" else named or "nothing",
    )
