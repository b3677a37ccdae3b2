# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluate firewall rules and policies for all IPv4 addresses at once.

Where no rule matches, the cloud's implied rules close what comes in and open what goes out.
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
    matching_rules,
    ordered_rules,
    resolve_addresses,
)

STATES = {ALLOW: OPEN, DENY: CLOSED}


class Judge:
    """Evaluates the rules of a project.

    The caches below make VMs with the same rules cost as much as one. Equal stages are one object,
    so that callers can compare them by id().
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        # The second value tells whether a rule there depends on the VM's own address.
        self._ordered: dict[tuple, tuple[list[list[Rule]], bool]] = {}
        self._stages_by_vm: dict[tuple, Stages] = {}
        self._stages: dict[Stages, Stages] = {}
        self._answers_by_service: dict[tuple, Answers] = {}
        self._answers: dict[tuple, Answers] = {}
        self._rule_answers: dict[Rule, Answer] = {}
        self._remote: dict[tuple, tuple[list[Span], list[Span]]] = {}

    def answers(self, attachment: Attachment, direction: str, service: Service) -> Answers:
        """Return what happens to packets between a VM and every address, at one port.

        Example: for INGRESS and tcp:22, the answer of Answers.at() for an address says whether
        that address reaches the VM's port 22, and by which rules.
        """
        stages = self.stages_for(attachment, direction)
        network = attachment.nic.network
        key = (id(stages), direction, service, network)
        if key not in self._answers_by_service:
            matching = matching_rules(stages, service)
            self._answers_by_service[key] = self.evaluate(matching, direction, network)
        return self._answers_by_service[key]

    def stages_for(self, attachment: Attachment, direction: str) -> Stages:
        """Return the rules that apply to a VM, in the order of their evaluation."""
        instance, nic = attachment
        place = (nic.network, instance.region, direction)
        if place not in self._ordered:
            ordered = ordered_rules(self.project, *place)
            local = any(not rule.local.unrestricted for stage in ordered for rule in stage)
            self._ordered[place] = (ordered, local)
        ordered, local = self._ordered[place]
        kind = (*place, instance.tags, instance.accounts, nic.address if local else "")
        if kind not in self._stages_by_vm:
            stages = tuple(
                tuple(each for rule in stage if (each := apply_rule(rule, attachment)))
                for stage in ordered
            )
            self._stages_by_vm[kind] = self._stages.setdefault(stages, stages)
        return self._stages_by_vm[kind]

    def evaluate(self, stages: Stages, direction: str, network: str) -> Answers:
        """Return the answers of these rules, which must all match the same service.

        The rules are applied from the last to the first, each over the answers of those behind it.
        """
        key = (stages, direction, network)
        if key not in self._answers:
            answers = Answers(Answer(CLOSED if direction == INGRESS else OPEN))
            for stage in reversed(stages):
                next_stage = answers.copy()
                for each in reversed(stage):
                    self._apply(each, answers, next_stage, network)
            self._answers[key] = answers
        return self._answers[key]

    def _apply(
        self, applied: AppliedRule, answers: Answers, next_stage: Answers, network: str
    ) -> None:
        """Put a rule's answer over the others, or with goto_next the answers of the next stage."""
        rule = applied.rule
        sure, possible = self.remote_addresses(rule, network)
        if not applied.sure:
            sure, possible = [], sure + possible
        answer = self._rule_answers.get(rule)
        if answer is None:
            answer = self._rule_answers[rule] = _answer_of(rule)
        if possible:
            answers.overlay(
                possible,
                next_stage if rule.action == GOTO_NEXT else Answers(answer),
                uncertain_match(rule),
            )
        if rule.action == GOTO_NEXT:
            answers.overlay(sure, next_stage)
        else:
            answers.fill(sure, answer)

    def remote_addresses(self, rule: Rule, network: str) -> tuple[list[Span], list[Span]]:
        """Return the addresses that a rule surely means at the other end, and those it may mean.

        `network` is that of the VM which the rule applies to.
        """
        key = (rule, network)
        if key not in self._remote:
            all_known = not self.project.lacks("instances")
            owned = self._addresses_with_tags(rule.remote, network)
            self._remote[key] = resolve_addresses(rule.remote, owned, all_known)
        return self._remote[key]

    def _addresses_with_tags(self, selector: Selector, network: str) -> list[IPv4Network]:
        """Return the addresses of VMs with a selector's tags or accounts.

        They mean VMs of the same network only, not those of a peer.
        """
        if not selector.tags and not selector.accounts:
            return []
        return [
            IPv4Network(nic.address)
            for instance in self.project.instances
            if selector.tags & instance.tags or selector.accounts & instance.accounts
            for nic in instance.nics
            if nic.network == network and nic.address
        ]


def _answer_of(rule: Rule) -> Answer:
    """Return a rule's answer; an action other than allow and deny, as inspection, is undecided."""
    if rule.action in STATES:
        return Answer(STATES[rule.action], (rule,))
    return Answer(UNDECIDED, (rule,), (rule,))
