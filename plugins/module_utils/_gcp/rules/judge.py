# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge what firewall rules and policies admit, for all addresses at once. No Ansible, no I/O.

In the end what comes in is refused and what goes out is let go.
"""

from __future__ import annotations

from ..._values.addresses import IPv4Network
from ..._values.ranges import Span
from ..project.rule_values import ALLOW, DENY, GOTO_NEXT, INGRESS, Rule, Selector, Service
from ..project.values import Project
from .answers import CLOSED, OPEN, UNDECIDED, Answer, Answers, uncertain_match
from .stages import (
    AppliedRule,
    Attachment,
    Stages,
    apply_rule,
    ordered_rules,
    resolve_addresses,
    rules_for_service,
)

STATES = {ALLOW: OPEN, DENY: CLOSED}


class Judge:
    """Answers from a project's rules; VMs that the same rules are for share what was found."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._ordered: dict[tuple, tuple[list[list[Rule]], bool]] = {}
        self._applying: dict[tuple, Stages] = {}
        self._same: dict[Stages, Stages] = {}
        self._fitting: dict[tuple, Answers] = {}
        self._judged: dict[tuple, Answers] = {}
        self._outcomes: dict[Rule, Answer] = {}
        self._remote: dict[tuple, tuple[list[Span], list[Span]]] = {}

    def answers(self, attachment: Attachment, direction: str, service: Service) -> Answers:
        """Return the answers to whoever the VM talks with at this service, one port of it."""
        stages = self.stages_for(attachment, direction)
        key = (id(stages), direction, service, attachment.nic.network)
        if key not in self._fitting:
            found = rules_for_service(stages, service)
            self._fitting[key] = self.evaluate(found, direction, attachment.nic.network)
        return self._fitting[key]

    def stages_for(self, attachment: Attachment, direction: str) -> Stages:
        """Return the rules for a VM, in the order they are asked in; equal ones are the same."""
        instance, nic = attachment
        place = (nic.network, instance.region, direction)
        if place not in self._ordered:
            ordered = ordered_rules(self.project, *place)
            local = any(not rule.local.unrestricted for stage in ordered for rule in stage)
            self._ordered[place] = (ordered, local)
        ordered, local = self._ordered[place]
        kind = (*place, instance.tags, instance.accounts, nic.address if local else "")
        if kind not in self._applying:
            stages = tuple(
                tuple(each for rule in stage if (each := apply_rule(rule, attachment)))
                for stage in ordered
            )
            self._applying[kind] = self._same.setdefault(stages, stages)
        return self._applying[kind]

    def evaluate(self, stages: Stages, direction: str, network: str) -> Answers:
        """Return what these rules answer: the last is asked first, the others paint over it."""
        key = (stages, direction, network)
        if key not in self._judged:
            found = Answers(Answer(CLOSED if direction == INGRESS else OPEN))
            for stage in reversed(stages):
                following = found.copy()
                for each in reversed(stage):
                    self._apply(found, each, following, network)
            self._judged[key] = found
        return self._judged[key]

    def _apply(self, found: Answers, each: AppliedRule, following: Answers, network: str) -> None:
        rule = each.rule
        sure, perhaps = self.remote_addresses(rule, network)
        if not each.sure:
            sure, perhaps = [], sure + perhaps
        answer = self._outcomes.get(rule)
        if answer is None:
            answer = self._outcomes[rule] = _answer_of(rule)
        if perhaps:
            found.overlay(
                perhaps,
                following if rule.action == GOTO_NEXT else Answers(answer),
                uncertain_match(rule),
            )
        if rule.action == GOTO_NEXT:
            found.overlay(sure, following)
        else:
            found.fill(sure, answer)

    def remote_addresses(self, rule: Rule, network: str) -> tuple[list[Span], list[Span]]:
        """Return the addresses that a rule surely means at the other end, and those it may."""
        key = (rule, network)
        if key not in self._remote:
            all_known = not self.project.lacks("instances")
            owned = self._owned(rule.remote, network)
            self._remote[key] = resolve_addresses(rule.remote, owned, all_known)
        return self._remote[key]

    def _owned(self, ends: Selector, network: str) -> list[IPv4Network]:
        """Return the addresses of a network's VMs with these tags; no tag crosses a peering."""
        if not ends.tags and not ends.accounts:
            return []
        return [
            IPv4Network(nic.address)
            for instance in self.project.instances
            if ends.tags & instance.tags or ends.accounts & instance.accounts
            for nic in instance.nics
            if nic.network == network and nic.address
        ]


def _answer_of(rule: Rule) -> Answer:
    """Return what a rule says; what is inspected, or else done with, is not decided."""
    if rule.action in STATES:
        return Answer(STATES[rule.action], (rule,))
    return Answer(UNDECIDED, (rule,), (rule,))
