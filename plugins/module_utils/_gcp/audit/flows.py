# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge whether each declared flow is open: at its source and at its target, for all addresses."""

from __future__ import annotations

import typing as t

from ..._topology.values import Flow
from ..._values.addresses import IPv4Network
from ..._values.entries import listing
from ..._values.ranges import Span, common, covers, minus, spans
from ..project.rule_values import ALLOW, DENY, EGRESS, GOTO_NEXT, INGRESS, Rule, Service
from ..rules.addresses import PUBLIC, Spans, as_rule, as_text
from ..rules.answers import OPEN, UNDECIDED, Answer
from ..rules.commands import Opening
from ..rules.stages import Attachment
from .comparison import Comparison
from .finding import Finding

IAP_ADDRESSES = spans([IPv4Network("35.235.240.0/20")])  # Identity-Aware Proxy reaches all VMs


class NotOpen(t.NamedTuple):
    """Addresses that VMs of a network and region cannot, or may not be able to, talk with.

    The `answer` has the reason: it is closed or undecided.
    """

    network: str  # by reference
    region: str
    answer: Answer
    addresses: Spans


class Inquiry:
    """Asks for each VM which addresses it cannot surely talk with at one TCP port.

    `not_open` has the VMs' names by what is not open for them: VMs with the same answer are
    reported together.
    """

    def __init__(
        self,
        comparison: Comparison,
        direction: str,
        port: int,
        attachments: dict[str, Attachment] | None = None,
    ) -> None:
        """Prepare to ask hosts at their interfaces in declared networks, or at `attachments`."""
        self.comparison, self.direction = comparison, direction
        self.attachments = comparison.attachments if attachments is None else attachments
        self.service = Service("tcp", port, port)
        self.not_open: dict[NotOpen, list[str]] = {}
        self._known: dict[tuple[int, Spans], list[NotOpen]] = {}

    def ask(self, name: str, addresses: list[Span]) -> None:
        """Ask whether a host can talk with these addresses. A host without a VM is passed over."""
        attachment = self.attachments.get(name)
        if attachment is None:
            return
        answers = self.comparison.judge.answers(attachment, self.direction, self.service)
        key = (id(answers), tuple(addresses))
        if key not in self._known:
            place = (attachment.nic.network, attachment.instance.region)
            parts: dict[Answer, list[Span]] = {}
            for span, answer in answers.pieces_in(addresses):
                if answer.state != OPEN:
                    parts.setdefault(answer, []).append(span)
            self._known[key] = [NotOpen(*place, why, tuple(own)) for why, own in parts.items()]
        for not_open in self._known[key]:
            self.not_open.setdefault(not_open, []).append(name)

    def findings(self, kind: str, what: str) -> t.Iterator[Finding]:
        """Yield findings about what is not open; `kind` begins their ids, `what` is their object.

        Example: findings("flow", "any -> lb:80 (http)") yields "flow-closed" and "flow-undecided".
        """
        for not_open, names in self.not_open.items():
            way = "from" if self.direction == INGRESS else "to"
            reason = reason_for(not_open.answer)
            text = f"{way} {as_text(not_open.addresses)} on {listing(names)}: {reason}"
            if not_open.answer.state == UNDECIDED:
                yield Finding(f"{kind.removesuffix('-egress')}-undecided", what, text)
            else:
                command = self.opening_command(what, not_open, names)
                yield Finding(f"{kind}-closed", what, text, command, not_open.answer.rules)

    def opening_command(self, what: str, not_open: NotOpen, names: list[str]) -> str:
        """Return the command that opens exactly this; "" if no single command does."""
        opening = Opening(
            f"{what}{'' if self.direction == INGRESS else ' out'}",
            self.direction,
            not_open.network,
            (self.service,),
            remote=as_rule(not_open.addresses),
            local=spans(IPv4Network(self.attachments[name].nic.address) for name in names),
        )
        return self.comparison.gcloud.admit(opening, not_open.answer.rules, not_open.region)


def reason_for(answer: Answer) -> str:
    """Return why something is open or not, such as "closed by no (VPC firewall rule, priority 9)".

    Without a rule it is "closed, since no rule admits it".
    """
    if answer.state == UNDECIDED:
        why = listing(f"{rule}{_unresolved(rule)}" for rule in answer.undecided_by)
        return f"undecided, because of {why}"
    if answer.rules:
        return f"{answer.state} by {listing(map(str, answer.rules))}"
    return f"{answer.state}, since no rule admits it"


def _unresolved(rule: Rule) -> str:
    """Return what only the cloud knows about a rule, such as " (address groups)"."""
    ends = (rule.sources, rule.destinations)
    words = [word for end in ends for word in end.unresolved]
    words += [f"the field {name}, which is not known here" for name in rule.unknown]
    words += ["target tags"] if rule.target_secure_tags else []
    words += ["the network context"] if any(end.network_context for end in ends) else []
    words += [rule.action] if rule.action not in (ALLOW, DENY, GOTO_NEXT, "unknown") else []
    return f" ({', '.join(words)})" if words else ""


def flow_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about declared flows that are closed or undecided."""
    for flow in comparison.topology.flows:
        inquiry = Inquiry(comparison, INGRESS, flow.port)
        for host in comparison.topology.members(flow.target):
            sources = comparison.required_sources(flow.source, host.network or "")
            inquiry.ask(host.name, sources)
        yield from inquiry.findings("flow", str(flow))
        yield from _egress(comparison, flow)
        yield from _without_external_address(comparison, flow)


def _egress(comparison: Comparison, flow: Flow) -> t.Iterator[Finding]:
    """Ask the VMs that a flow comes from whether they may send packets to its targets."""
    topology = comparison.topology
    inquiry = Inquiry(comparison, EGRESS, flow.port)
    targets = topology.members(flow.target)
    reached: dict[str | None, list[Span]] = {}
    for host in topology.members(flow.source):
        if host.network not in reached:
            routed = [m for m in targets if topology.routed(host.network, m.network)]
            reached[host.network] = spans(IPv4Network(m.address) for m in routed if m.address)
        inquiry.ask(host.name, reached[host.network])
    yield from inquiry.findings("flow-egress", str(flow))


def _without_external_address(comparison: Comparison, flow: Flow) -> t.Iterator[Finding]:
    """Name the targets of a flow from the internet that have no external address."""
    sources = comparison.topology.addresses(flow.source)
    if not common(minus(sources, comparison.declared_addresses), PUBLIC):
        return
    there = comparison.attachments
    targets = [host.name for host in comparison.topology.members(flow.target)]
    without = [n for n in targets if n in there and not there[n].nic.has_external_address]
    if without:
        text = f"{listing(without)}: no external address, so from the internet it is reached only"
        text += " through a load balancer of the cloud, which is not judged"
        yield Finding("flow-no-public-address", str(flow), text)


def management_findings(comparison: Comparison) -> t.Iterator[Finding]:
    """Yield findings about declared management that does not reach VMs."""
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
        for name, addresses in arriving.items():
            if name != only_vm:  # nobody but the VM itself would come from there
                inquiry.ask(name, addresses)
        yield from inquiry.findings("management", what)


def _management_sources(comparison: Comparison, name: str, source: list[Span]) -> list[Span]:
    """Return the addresses of management that can come to a host.

    The internet can come only to a VM with an external address, except for Identity-Aware Proxy.
    """
    network = comparison.topology.hosts[name].network or ""
    addresses = minus(source, comparison.impossible_sources(network))
    addresses = minus(addresses, comparison.sources_by_route(network))
    if comparison.attachments[name].nic.has_external_address:
        return addresses
    return minus(addresses, minus(minus(PUBLIC, comparison.declared_addresses), IAP_ADDRESSES))


def _only_vm_within(comparison: Comparison, source: list[Span]) -> str:
    """Return the host that is the only VM with an address in a part of its network; else ""."""
    there = [] if comparison.project.lacks("instances") else comparison.vms_within(source)
    for name, attachment in comparison.attachments.items():
        network = comparison.topology.networks[comparison.topology.hosts[name].network or ""]
        if [attachment.instance.name] == there and covers(spans(network.cidrs), source):
            return name
    return ""
