# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the document that gcp_network_info returns as `project`.

The objects in the document are those of the Compute Engine API, unchanged.
"""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network
from .document_routes import read_route, read_router
from .document_rules import read_firewall, read_policy
from .fields import Fields, last, names, ref
from .rule_values import Policy, Rule
from .values import CloudNetwork, Gap, Instance, Nic, Peering, Project, ProjectError, Subnet

LISTS = ("networks", "subnetworks", "firewalls", "routers", "routes", "instances")
# Purposes of subnetworks that hold VMs. The others are for load balancers and services.
VM_PURPOSES = ("PRIVATE", "PRIVATE_RFC_1918")
IPV4_ONLY = "IPV4_ONLY"
PEERING_CHOICES = ("exportCustomRoutes", "importCustomRoutes")
PEERING_FIELDS = names(
    "autoCreateRoutes connectionStatus exchangeSubnetRoutes exportCustomRoutes "
    "exportSubnetRoutesWithPublicIp importCustomRoutes importSubnetRoutesWithPublicIp name "
    "network peerMtu stackType state stateDetails updateStrategy"
)
Value = t.TypeVar("Value")


def read_project(document: t.Any) -> Project:
    """Return the project of a document; raise ProjectError, which names all objects at fault."""
    return _Reader(document).project()


class _Reader:
    """Reads one list after the other, and collects what is wrong with their objects."""

    def __init__(self, document: t.Any) -> None:
        if not isinstance(document, dict) or "networks" not in document:
            raise ProjectError(["project: is not what gcp_network_info returns as project"])
        self._document = document
        self.problems: list[str] = []
        self._rules: dict[tuple, Rule] = {}  # see read_policy

    def project(self) -> Project:
        """Return the project; raise ProjectError with all problems."""
        project = Project(
            name=str(self._document.get("project") or ""),
            networks={each.ref: each for each in self._each("networks", _read_network)},
            subnets=tuple(each for each in self._each("subnetworks", _read_subnet) if each),
            firewalls=_by_network(self._each("firewalls", read_firewall)),
            policies=dict(self._each("effective_firewalls", self._effective_policies)),
            instances=tuple(self._each("instances", _read_instance)),
            routers=tuple(self._each("routers", read_router)),
            routes=tuple(each for each in self._each("routes", read_route) if each),
            gaps=(*self._missing_lists(), *self._each("incomplete", _read_gap)),
        )
        if self.problems:
            raise ProjectError(self.problems)
        return project

    def _each(self, key: str, read: t.Callable[[Fields], Value]) -> list[Value]:
        entries = self._document.get(key) or []
        if not isinstance(entries, list):
            self.problems.append(f"{key}: is {type(entries).__name__}, not a list")
            return []
        values = []
        for number, entry in enumerate(entries):
            try:
                values.append(read(Fields(entry, f"{key}[{number}]")))
            except ValueError as exc:
                self.problems.append(str(exc))
        return values

    def _effective_policies(self, fields: Fields) -> tuple[tuple[str, str], tuple[Policy, ...]]:
        region = last(fields.get("region", str))
        response = Fields(fields.get("response", dict), fields.where)
        entries = response.each("firewallPolicys")
        policies = tuple(read_policy(entry, region, self._rules) for entry in entries)
        return (ref(fields.get("network", str)), region), policies

    def _missing_lists(self) -> list[Gap]:
        """Return a gap for each list that the document lacks; an empty list is no gap."""
        return [
            Gap(key, "everywhere", "the document does not hold it")
            for key in LISTS
            if self._document.get(key) is None
        ]


def _read_network(fields: Fields) -> CloudNetwork:
    link = ref(fields.get("selfLink", str))
    order = fields.get("networkFirewallPolicyEnforcementOrder", str, "")
    peerings = [
        Peering(
            each.get("name", str),
            _peer_ref(each.get("network", str), link),
            each.get("state", str, "INACTIVE"),
            each.get("stateDetails", str, ""),
            each.get("exportSubnetRoutesWithPublicIp", bool, True),
            each.get("importSubnetRoutesWithPublicIp", bool, False),
            *_more_of_a_peering(each),
        )
        for each in fields.each("peerings")
    ]
    policies_first = order == "BEFORE_CLASSIC_FIREWALL"
    return CloudNetwork(link, fields.get("name", str), tuple(peerings), policies_first)


def _more_of_a_peering(fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of settings that a peering has by choice, and of fields not known here."""
    chosen = [key for key in PEERING_CHOICES if fields.get(key, bool, False)]
    chosen += ["stackType"] if fields.get("stackType", str, IPV4_ONLY) != IPV4_ONLY else []
    return tuple(chosen), fields.unknown(PEERING_FIELDS)


def _peer_ref(address: str, own: str) -> str:
    """Return the ref of a peer. An address that names no project means the network's own."""
    return own.partition("/")[0] + "/" + address if address.startswith("global/") else ref(address)


def _read_subnet(fields: Fields) -> Subnet | None:
    if fields.get("purpose", str, VM_PURPOSES[0]) not in VM_PURPOSES or not fields.get(
        "ipCidrRange", str, ""
    ):
        return None
    secondary = [each.cidr("ipCidrRange") for each in fields.each("secondaryIpRanges")]
    return Subnet(
        ref(fields.get("selfLink", str)),
        fields.get("name", str),
        ref(fields.get("network", str)),
        last(fields.get("region", str)),
        (fields.cidr("ipCidrRange"), *secondary),
        fields.get("privateIpGoogleAccess", bool, False),
    )


def _read_instance(fields: Fields) -> Instance:
    tags = Fields(fields.get("tags", dict, {}), fields.where)
    running = fields.get("status", str) == "RUNNING"
    return Instance(
        ref(fields.get("selfLink", str)),
        fields.get("name", str),
        last(fields.get("zone", str)),
        fields.get("status", str),
        frozenset(tags.texts("items")),
        frozenset(each.get("email", str) for each in fields.each("serviceAccounts")),
        tuple(_read_nic(each, running) for each in fields.each("networkInterfaces")),
    )


def _read_nic(fields: Fields, running: bool) -> Nic:
    # A VM that does not run gets its ephemeral external address when it starts.
    external = any(
        each.get("natIP", str, "") or not running for each in fields.each("accessConfigs")
    )
    return Nic(
        ref(fields.get("network", str, "")),
        ref(fields.get("subnetwork", str, "")),
        fields.address("networkIP"),
        external,
        tuple(filter(None, (_read_alias(each) for each in fields.each("aliasIpRanges")))),
    )


def _read_alias(fields: Fields) -> IPv4Network | None:
    """Return an alias range; None for a prefix length alone, as "/24" in a request."""
    text = fields.get("ipCidrRange", str, "")
    return None if text.startswith("/") or not text else fields.cidr("ipCidrRange")


def _by_network(rules: list[Rule]) -> dict[str, tuple[Rule, ...]]:
    by_network: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        (network,) = rule.target_networks
        by_network[network] = (*by_network.get(network, ()), rule)
    return by_network


def _read_gap(fields: Fields) -> Gap:
    return Gap(*(fields.get(key, str, "") for key in ("what", "where", "why")))
