# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read routes and Cloud Routers, with their Cloud NATs, from the API's objects."""

from __future__ import annotations

from .fields import Fields, last, names, ref
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
INTERNET = "internet"  # the next hop of a route to the default internet gateway


def read_router(fields: Fields) -> Router:
    """Return a Cloud Router, a `compute#router` of the API."""
    nats = list(fields.each("nats"))
    return Router(
        fields.get("name", str),
        ref(fields.get("network", str, "")),
        last(fields.get("region", str)),
        tuple(_read_nat(each) for each in nats if _leads_vms_out(each)),
        frozenset(each.get("name", str) for each in nats),
        bool(fields.get("bgpPeers", list, [])),
    )


def _leads_vms_out(nat: Fields) -> bool:
    """Tell whether a NAT leads VMs to the internet over IPv4.

    Others lead to other networks, serve IPv6 alone, or serve proxies.
    """
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
    """Tell whether a NAT serves the VMs' own addresses, and not only those of containers."""
    ranges = subnet.texts("sourceIpRangesToNat")
    return not ranges or bool({"ALL_IP_RANGES", "PRIMARY_IP_RANGE"}.intersection(ranges))


# The fields of a route. Another one may narrow it.
ROUTE_FIELDS = names(
    "asPaths creationTimestamp description destRange id kind name network nextHopGateway "
    "nextHopInterRegionCost nextHopMed nextHopOrigin params priority routeStatus routeType "
    "selfLink tags warnings"
) | {f"nextHop{kind}" for kind in NEXT_HOPS}


def read_route(fields: Fields) -> Route | None:
    """Return a route, a `compute#route` of the API; None for a route of IPv6."""
    if ":" in fields.get("destRange", str):
        return None
    gateway = fields.get("nextHopGateway", str, "")
    hops = {kind: last(fields.get(f"nextHop{kind}", str, "")) for kind in NEXT_HOPS}
    named = ", ".join(f"{kind} {hop}" for kind, hop in hops.items() if hop)
    unknown = ", ".join(fields.unknown(ROUTE_FIELDS))
    if unknown:
        named, gateway = f"what the field {unknown} says, which is not known here", ""
    return Route(
        fields.get("name", str),
        ref(fields.get("network", str)),
        fields.cidr("destRange"),
        fields.number("priority", 1000, 65535),
        frozenset(fields.texts("tags")),
        INTERNET if last(gateway) == "default-internet-gateway" else named or "nothing",
    )
