# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether each declared flow is open, all of it, at both of its ends. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._topology.values import Flow
from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import Span, common, covers, minus, spans
from ..project.rule_values import EGRESS, INGRESS, Service
from ..rules.addresses import PUBLIC, as_rule, as_text
from ..rules.answers import OPEN, UNDECIDED, Answer
from ..rules.commands import Opening
from ..rules.stages import Attachment
from .comparison import Comparison
from .finding import Finding

IAP_ADDRESSES = spans([IPv4Network("35.235.240.0/20")])  # Identity-Aware Proxy: it reaches all VMs
Runs = tuple[Span, ...]


class NotOpen(t.NamedTuple):
    """Addresses that VMs of a network and region do not surely talk with, and why."""

    network: str
    region: str
    answer: Answer
    runs: Runs


class Inquiry:
    """Asks VMs about one port and keeps what is not open; VMs with the same answer are one."""

    def __init__(
        self,
        comparison: Comparison,
        direction: str,
        port: int,
        attachments: dict[str, Attachment] | None = None,
    ) -> None:
        """Prepare to ask hosts at their interfaces in declared networks, or elsewhere."""
        self.comparison, self.direction = comparison, direction
        self.attachments = comparison.attachments if attachments is None else attachments
        self.service = Service("tcp", port, port)
        self.not_open: dict[NotOpen, list[str]] = {}
        self._known: dict[tuple[int, Runs], list[NotOpen]] = {}

    def ask(self, name: str, runs: list[Span]) -> None:
        """Ask a host; runs are the addresses that it should talk with."""
        attachment = self.attachments.get(name)
        if attachment is None:
            return
        answers = self.comparison.judge.answers(attachment, self.direction, self.service)
        key = (id(answers), tuple(runs))
        if key not in self._known:
            place = (attachment.nic.network, attachment.instance.region)
            parts: dict[Answer, list[Span]] = {}
            for span, answer in answers.pieces_in(runs):
                if answer.state != OPEN:
                    parts.setdefault(answer, []).append(span)
            self._known[key] = [NotOpen(*place, why, tuple(own)) for why, own in parts.items()]
        for blocked in self._known[key]:
            self.not_open.setdefault(blocked, []).append(name)

    def findings(self, kind: str, what: str) -> t.Iterator[Finding]:
        """Say what is shut; kind begins the ids, what is the object's name."""
        for blocked, names in self.not_open.items():
            way = "from" if self.direction == INGRESS else "to"
            text = (
                f"{way} {as_text(blocked.runs)} on {listing(names)}: {reason_for(blocked.answer)}"
            )
            if blocked.answer.state == UNDECIDED:
                yield Finding(f"{kind.removesuffix('-egress')}-undecided", what, text)
            else:
                command = self.opening_command(what, blocked, names)
                yield Finding(f"{kind}-closed", what, text, command, blocked.answer.rules)

    def opening_command(self, what: str, blocked: NotOpen, names: list[str]) -> str:
        """Return the command that opens exactly this, "" if there is no single one."""
        local = spans(IPv4Network(self.attachments[name].nic.address) for name in names)
        opening = Opening(
            f"{what}{'' if self.direction == INGRESS else ' out'}",
            self.direction,
            blocked.network,
            (self.service,),
            as_rule(blocked.runs),
            local,
        )
        return self.comparison.gcloud.admit(opening, blocked.answer.rules, blocked.region)


def reason_for(answer: Answer) -> str:
    """Say which rules decide, or which of them only the cloud can decide."""
    if answer.state == UNDECIDED:
        why = listing(f"{rule}{_unresolved(rule)}" for rule in answer.undecided_by)
        return f"undecided, because of {why}"
    if answer.rules:
        return f"{answer.state} by {listing(map(str, answer.rules))}"
    return f"{answer.state}, since no rule admits it"


def _unresolved(rule: t.Any) -> str:
    words = [*rule.sources.unresolved, *rule.destinations.unresolved]
    words += ["target tags"] if rule.target_secure_tags else []
    words += (
        ["the network context"]
        if rule.sources.network_context or rule.destinations.network_context
        else []
    )
    words += [rule.action] if rule.action not in ("allow", "deny", "goto_next", "unknown") else []
    return f" ({', '.join(words)})" if words else ""


def flow_findings(comparison: Comparison) -> t.Iterator[Finding]:
    for flow in comparison.topology.flows:
        inquiry = Inquiry(comparison, INGRESS, flow.port)
        for host in comparison.topology.members(flow.target):
            inquiry.ask(host.name, comparison.required_sources(flow.source, host.network or ""))
        yield from inquiry.findings("flow", str(flow))
        yield from _egress(comparison, flow)
        yield from _without_external_address(comparison, flow)


def _egress(comparison: Comparison, flow: Flow) -> t.Iterator[Finding]:
    """Ask the VMs that a flow comes from whether they may send it."""
    inquiry = Inquiry(comparison, EGRESS, flow.port)
    targets = comparison.topology.members(flow.target)
    reached: dict[str | None, list[Span]] = {}
    for host in comparison.topology.members(flow.source):
        if host.network not in reached:
            routed = [m for m in targets if comparison.topology.routed(host.network, m.network)]
            reached[host.network] = spans(IPv4Network(m.address) for m in routed if m.address)
        inquiry.ask(host.name, reached[host.network])
    yield from inquiry.findings("flow-egress", str(flow))


def _without_external_address(comparison: Comparison, flow: Flow) -> t.Iterator[Finding]:
    """Name the VMs that the internet should reach and that have no address there."""
    if not common(
        minus(comparison.topology.addresses(flow.source), comparison.declared_addresses), PUBLIC
    ):
        return
    targets = [host.name for host in comparison.topology.members(flow.target)]
    attachments = comparison.attachments
    without = [
        name
        for name in targets
        if name in attachments and not attachments[name].nic.has_external_address
    ]
    if without:
        text = f"{listing(without)}: no external address, so from the internet it is reached only"
        text += " through a load balancer of the cloud, which is not judged"
        yield Finding("flow-no-public-address", str(flow), text)


def management_findings(comparison: Comparison) -> t.Iterator[Finding]:
    for entry in comparison.topology.management:
        what, source = f"management {entry.source} -> {entry.port}", spans([entry.source])
        arriving = {
            name: _management_sources(comparison, name, source) for name in comparison.attachments
        }
        if arriving and not any(arriving.values()):
            text = "no VM can be reached from there: none has an external address or a way there"
            yield Finding("management-closed", what, text)
        inquiry = Inquiry(comparison, INGRESS, entry.port)
        only_vm = _only_vm_within(comparison, source)
        for name, runs in arriving.items():
            if name != only_vm:
                inquiry.ask(name, runs)
        yield from inquiry.findings("management", what)


def _management_sources(comparison: Comparison, name: str, source: list[Span]) -> list[Span]:
    """Return from where management can come to a host: from the internet only to its address."""
    network = comparison.topology.hosts[name].network or ""
    runs = minus(
        minus(source, comparison.impossible_sources(network)), comparison.sources_by_route(network)
    )
    if comparison.attachments[name].nic.has_external_address:
        return runs
    return minus(runs, minus(minus(PUBLIC, comparison.declared_addresses), IAP_ADDRESSES))


def _only_vm_within(comparison: Comparison, source: list[Span]) -> str:
    """Return the host that is the only VM of a part of its network: nobody comes from there."""
    there = [] if comparison.project.lacks("instances") else comparison.vms_within(source)
    for name, attachment in comparison.attachments.items():
        network = comparison.topology.networks[comparison.topology.hosts[name].network or ""]
        if [attachment.instance.name] == there and covers(spans(network.cidrs), source):
            return name
    return ""
