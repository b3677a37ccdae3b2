# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gcloud commands that change a project. They are only shown; nothing here runs them."""

from __future__ import annotations

import itertools
import re
import shlex
import typing as t

from ..._values.ranges import Span, cidrs
from ..project.rule_values import (
    GLOBAL_POLICY,
    HIERARCHICAL_POLICY,
    INGRESS,
    REGIONAL_POLICY,
    UNREAD_RULES,
    VPC_RULE,
    Rule,
    Service,
)
from ..project.values import Instance, Peering, Project

DEFAULT_PRIORITY = 1000  # of a new VPC firewall rule, unless it has to precede others


class Opening(t.NamedTuple):
    """Connections that a new rule is to allow; `local` are the addresses of the VMs."""

    name: str  # what the rule is for, such as a flow; its name is made of it
    direction: str
    network: str  # by reference
    services: tuple[Service, ...]
    remote: list[Span]
    local: list[Span]

    def ends(self) -> tuple[str, str]:
        """Return source and destination for gcloud, as ("10.0.0.2/32", "10.2.0.2/32")."""
        inward = self.direction == INGRESS
        ends = (self.remote, self.local) if inward else (self.local, self.remote)
        source, destination = (",".join(cidrs(each)) for each in ends)
        return source, destination


class Gcloud:
    """Writes commands for one project. Each method returns one or more lines for a shell.

    The text is empty where no command does it. New names and priorities are never used twice.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._names = {rule.name for own in project.firewalls.values() for rule in own}
        self._priorities: dict[tuple[str, str], set[int]] = {}
        self._subnets = {subnet.name for subnet in project.subnets}

    def command(self, *words: str, **options: t.Any) -> str:
        """Return "gcloud compute", the words and the options, quoted for a shell.

        An option that is True is a flag, one that is "" or None is left out.
        """
        flags = [
            f"--{name.replace('_', '-')}" + ("" if value is True else f"={value}")
            for name, value in {"project": self._project.name, **options}.items()
            if value not in ("", None)
        ]
        return shlex.join(["gcloud", "compute", *words, *flags])

    def create_peering(self, own: str, peer: str) -> str:
        """Peer a network with another one; both are given by name."""
        name = f"{own}-to-{peer}"[:63].rstrip("-")
        words = ("networks", "peerings", "create", name)
        return self.command(*words, network=own, peer_network=peer)

    def delete_peering(self, own: str, peering: Peering) -> str:
        """Delete the peering of a network, given by name."""
        return self.command("networks", "peerings", "delete", peering.name, network=own)

    def exchange_public_routes(self, own: str, peering: Peering, verb: str) -> str:
        """Make a network "export" its public ranges to a peer, or "import" the peer's."""
        words = ("networks", "peerings", "update", peering.name)
        return self.command(*words, network=own, **{f"{verb}_subnet_routes_with_public_ip": True})

    def create_network(self, name: str) -> str:
        """Create a network without subnets."""
        return self.command("networks", "create", name, subnet_mode="custom")

    def create_subnet(self, network: str, cidr: str) -> str:
        """Create a subnet in the project's region, or in "REGION" if the project has several."""
        regions = {subnet.region for subnet in self._project.subnets}
        region = regions.pop() if len(regions) == 1 else "REGION"
        name = unused_name(f"{network}-{region}", self._subnets)
        options = {"network": network, "region": region, "range": cidr}
        return self.command("networks", "subnets", "create", name, **options)

    def create_nat(self, network: str, region: str) -> str:
        """Give all subnets of a network (by reference) in a region a Cloud NAT.

        The text is empty if the network has several NATs there: only its owner can choose.
        """
        short = network.rpartition("/")[2]
        routers = self._project.routers_of(network, region)
        there = [(nat.name, router.name) for router in routers for nat in router.nats]
        if there:  # two NATs must not serve the same subnet
            return self._nat("update", *there[0], region) if len(there) == 1 else ""
        if routers:
            name = unused_name(f"{short}-nat", set(routers[0].nat_names))
            return self._nat("create", name, routers[0].name, region)
        router = unused_name(f"{short}-router", {each.name for each in self._project.routers})
        line = self.command("routers", "create", router, network=short, region=region)
        return f"{line}\n{self._nat('create', f'{short}-nat', router, region)}"

    def _nat(self, verb: str, name: str, router: str, region: str) -> str:
        return self.command(
            *("routers", "nats", verb, name),
            router=router,
            region=region,
            auto_allocate_nat_external_ips=True if verb == "create" else None,
            nat_all_subnet_ip_ranges=True,
        )

    def start(self, instance: Instance) -> str:
        """Start a VM, or resume one that is suspended."""
        verb = "resume" if instance.status == "SUSPENDED" else "start"
        return self.command("instances", verb, instance.name, zone=instance.zone)

    def delete(self, rule: Rule, region: str) -> str:
        """Delete a rule; the region is that of a regional policy."""
        if rule.kind == VPC_RULE:
            return self.command("firewall-rules", "delete", rule.name)
        return self._policy("delete", rule, rule.priority, region)

    def set_sources(self, rule: Rule, sources: str) -> str:
        """Set the source ranges of a VPC firewall rule, such as "10.0.0.0/8"; "" removes them."""
        line = self.command("firewall-rules", "update", rule.name, source_ranges=sources)
        return line if sources else f"{line} --source-ranges="

    def admit(self, opening: Opening, before: t.Sequence[Rule], region: str) -> str:
        """Create a rule that allows exactly this opening and precedes the rules `before`.

        If those rules belong to a policy, the new rule has to belong to it too. The text is empty
        if the rules are in several places or if no priority is left.
        """
        kinds = {(rule.kind, rule.policy) for rule in before}
        if len(kinds) > 1 or any(rule.kind == UNREAD_RULES for rule in before):
            return ""
        top = min((rule.priority for rule in before), default=DEFAULT_PRIORITY + 1)
        if before and before[0].kind != VPC_RULE:
            taken = self._taken_priorities(before[0])
            free = [at for at in range(top - 1, max(top - 1000, -1), -1) if at not in taken][:1]
            taken.update(free)
            return self._policy("create", before[0], free[0], region, opening) if free else ""
        return self._firewall(opening, min(DEFAULT_PRIORITY, top - 1)) if top else ""

    def _firewall(self, opening: Opening, priority: int) -> str:
        source, destination = opening.ends()
        return self.command(
            *("firewall-rules", "create", unused_name(opening.name, self._names)),
            network=opening.network.rpartition("/")[2],
            direction=opening.direction,
            action="ALLOW",
            rules=",".join(map(str, opening.services)),
            priority=priority,
            source_ranges=source,
            destination_ranges=destination,
        )

    def _taken_priorities(self, rule: Rule) -> set[int]:
        """Return the priorities that a rule's policy uses, with those of earlier commands."""
        key = (rule.kind, rule.policy)
        if key not in self._priorities:
            every = (policy for found in self._project.policies.values() for policy in found)
            same = (policy for policy in every if (policy.kind, policy.name) == key)
            self._priorities[key] = {each.priority for policy in same for each in policy.rules}
        return self._priorities[key]

    def _policy(
        self, verb: str, rule: Rule, priority: int, region: str, opening: Opening | None = None
    ) -> str:
        places: dict[str, dict[str, t.Any]] = {
            HIERARCHICAL_POLICY: {"project": ""},
            GLOBAL_POLICY: {"global_firewall_policy": True},
            REGIONAL_POLICY: {"firewall_policy_region": region},
        }
        if rule.kind not in places:
            return ""  # Google manages the policies of the system
        kind = (
            "firewall-policies" if rule.kind == HIERARCHICAL_POLICY else "network-firewall-policies"
        )
        options: dict[str, t.Any] = {"firewall_policy": rule.policy, **places[rule.kind]}
        if opening:
            source, destination = opening.ends()
            options["direction"] = opening.direction
            options["action"] = "allow"
            options["layer4_configs"] = ",".join(map(str, opening.services))
            options["src_ip_ranges"] = source
            options["dest_ip_ranges"] = destination
        return self.command(kind, "rules", verb, str(priority), **options)


def valid_name(text: str) -> str:
    """Return a valid name for a resource: "any -> lb:80" becomes "any-lb-80"."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return ("" if name[:1].isalpha() else "r-") + name[:56].rstrip("-")


def unused_name(text: str, taken: set[str]) -> str:
    """Return a valid name that is not in `taken`, and add it there."""
    wanted = name = valid_name(text)
    numbers = itertools.count(2)
    while name in taken:
        name = f"{wanted}-{next(numbers)}"
    taken.add(name)
    return name
