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
from .finding import Finding
from .site import Site

PROXY = spans([IPv4Network("35.235.240.0/20")])  # Identity-Aware Proxy: it reaches all VMs
Runs = tuple[Span, ...]


class Shut(t.NamedTuple):
    """Addresses that VMs of a network and region do not surely talk with, and why."""

    network: str
    region: str
    answer: Answer
    runs: Runs


class Look:
    """Asks VMs about one port and keeps what is not open; VMs with the same answer are one."""

    def __init__(
        self,
        site: Site,
        direction: str,
        port: int,
        attachments: dict[str, Attachment] | None = None,
    ) -> None:
        """Prepare to ask hosts at their interfaces in declared networks, or elsewhere."""
        self.site, self.direction = site, direction
        self.attachments = site.attachments if attachments is None else attachments
        self.service = Service("tcp", port, port)
        self.found: dict[Shut, list[str]] = {}
        self._known: dict[tuple[int, Runs], list[Shut]] = {}

    def at(self, name: str, runs: list[Span]) -> None:
        """Look at a host; runs are the addresses that it should talk with."""
        attachment = self.attachments.get(name)
        if attachment is None:
            return
        answers = self.site.judge.answers(attachment, self.direction, self.service)
        key = (id(answers), tuple(runs))
        if key not in self._known:
            place = (attachment.nic.network, attachment.instance.region)
            parts: dict[Answer, list[Span]] = {}
            for span, answer in answers.pieces_in(runs):
                if answer.state != OPEN:
                    parts.setdefault(answer, []).append(span)
            self._known[key] = [Shut(*place, why, tuple(own)) for why, own in parts.items()]
        for shut in self._known[key]:
            self.found.setdefault(shut, []).append(name)

    def findings(self, kind: str, what: str) -> t.Iterator[Finding]:
        """Say what is shut; kind begins the ids, what is the object's name."""
        for shut, names in self.found.items():
            way = "from" if self.direction == INGRESS else "to"
            text = f"{way} {as_text(shut.runs)} on {listing(names)}: {because(shut.answer)}"
            if shut.answer.state == UNDECIDED:
                yield Finding(f"{kind.removesuffix('-egress')}-undecided", what, text)
            else:
                command = self.mend(what, shut, names)
                yield Finding(f"{kind}-closed", what, text, command, shut.answer.rules)

    def mend(self, what: str, shut: Shut, names: list[str]) -> str:
        """Return the command that opens exactly this, "" if there is no single one."""
        local = spans(IPv4Network(self.attachments[name].nic.address) for name in names)
        opening = Opening(
            f"{what}{'' if self.direction == INGRESS else ' out'}",
            self.direction,
            shut.network,
            (self.service,),
            as_rule(shut.runs),
            local,
        )
        return self.site.gcloud.admit(opening, shut.answer.rules, shut.region)


def because(answer: Answer) -> str:
    """Say which rules decide, or which of them only the cloud can decide."""
    if answer.state == UNDECIDED:
        why = listing(f"{rule}{_unknown(rule)}" for rule in answer.undecided_by)
        return f"undecided, because of {why}"
    if answer.rules:
        return f"{answer.state} by {listing(map(str, answer.rules))}"
    return f"{answer.state}, since no rule admits it"


def _unknown(rule: t.Any) -> str:
    words = [*rule.sources.unresolved, *rule.destinations.unresolved]
    words += ["target tags"] if rule.target_secure_tags else []
    words += (
        ["the network context"]
        if rule.sources.network_context or rule.destinations.network_context
        else []
    )
    words += [rule.action] if rule.action not in ("allow", "deny", "goto_next", "unknown") else []
    return f" ({', '.join(words)})" if words else ""


def flow_findings(site: Site) -> t.Iterator[Finding]:
    for flow in site.topology.flows:
        look = Look(site, INGRESS, flow.port)
        for host in site.topology.members(flow.target):
            look.at(host.name, site.required(flow.source, host.network or ""))
        yield from look.findings("flow", str(flow))
        yield from _egress(site, flow)
        yield from _without_address(site, flow)


def _egress(site: Site, flow: Flow) -> t.Iterator[Finding]:
    """Ask the VMs that a flow comes from whether they may send it."""
    look = Look(site, EGRESS, flow.port)
    targets = site.topology.members(flow.target)
    reached: dict[str | None, list[Span]] = {}
    for host in site.topology.members(flow.source):
        if host.network not in reached:
            routed = [m for m in targets if site.topology.routed(host.network, m.network)]
            reached[host.network] = spans(IPv4Network(m.address) for m in routed if m.address)
        look.at(host.name, reached[host.network])
    yield from look.findings("flow-egress", str(flow))


def _without_address(site: Site, flow: Flow) -> t.Iterator[Finding]:
    """Name the VMs that the internet should reach and that have no address there."""
    if not common(minus(site.topology.addresses(flow.source), site.declared), PUBLIC):
        return
    targets = [host.name for host in site.topology.members(flow.target)]
    attachments = site.attachments
    without = [
        name
        for name in targets
        if name in attachments and not attachments[name].nic.has_external_address
    ]
    if without:
        text = f"{listing(without)}: no external address, so from the internet it is reached only"
        text += " through a load balancer of the cloud, which is not judged"
        yield Finding("flow-no-public-address", str(flow), text)


def management_findings(site: Site) -> t.Iterator[Finding]:
    for entry in site.topology.management:
        what, source = f"management {entry.source} -> {entry.port}", spans([entry.source])
        arriving = {name: _arriving(site, name, source) for name in site.attachments}
        if arriving and not any(arriving.values()):
            text = "no VM can be reached from there: none has an external address or a way there"
            yield Finding("management-closed", what, text)
        look = Look(site, INGRESS, entry.port)
        alone = _alone(site, source)
        for name, runs in arriving.items():
            if name != alone:
                look.at(name, runs)
        yield from look.findings("management", what)


def _arriving(site: Site, name: str, source: list[Span]) -> list[Span]:
    """Return from where management can come to a host: from the internet only to its address."""
    network = site.topology.hosts[name].network or ""
    runs = minus(minus(source, site.never_arriving(network)), site.perhaps_arriving(network))
    if site.attachments[name].nic.has_external_address:
        return runs
    return minus(runs, minus(minus(PUBLIC, site.declared), PROXY))


def _alone(site: Site, source: list[Span]) -> str:
    """Return the host that is the only VM of a part of its network: nobody comes from there."""
    there = [] if site.project.lacks("instances") else site.vms_at(source)
    for name, attachment in site.attachments.items():
        network = site.topology.networks[site.topology.hosts[name].network or ""]
        if [attachment.instance.name] == there and covers(spans(network.cidrs), source):
            return name
    return ""
