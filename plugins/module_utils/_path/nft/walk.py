# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow the first packet of a TCP connection through the rules of nftables. No Ansible, no I/O.

A rule that may or may not match, because something of the packet or of the rule is not known, never
decides. Such a rule is a doubt if it would drop the packet.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .rule import FIRST_PACKET, VERDICTS, Packet, read_rule
from .text import Chain, Ruleset


@dataclass
class Verdict:
    """What the rules do with a packet.

    action: accept, drop or reject; rule: the rule or policy that drops or rejects, "" for accept;
    doubts: the rules that may drop or reject the packet before that.
    """

    action: str = "accept"
    rule: str = ""
    doubts: list[str] = field(default_factory=list)


def judge(rules: Ruleset, packet: Packet, hooks: t.Sequence[str]) -> Verdict:
    """Return what the rules do with a packet that passes these hooks in this order."""
    verdict = Verdict()
    for hook in hooks:
        for chain in rules.hooked(hook):
            if chain.device and chain.device != packet.get("iifname"):
                continue
            walk = _Walk(rules, {**FIRST_PACKET, **packet})
            action, rule = walk.through(chain) or (chain.policy, f"{chain}: policy {chain.policy}")
            if action in ("drop", "reject") and walk.sure:
                return Verdict(action, rule, verdict.doubts)
            verdict.doubts += walk.doubts
            if action in ("drop", "reject"):
                verdict.doubts.append(rule)
    return verdict


class _Walk:
    """A packet on its way through a base chain and the chains that it jumps to.

    sure: False once a rule may have accepted the packet, after which no other rule is sure to be
    reached.
    """

    def __init__(self, rules: Ruleset, packet: Packet) -> None:
        self.rules, self.packet = rules, packet
        self.sure = True
        self.doubts: list[str] = []

    def through(self, chain: Chain, depth: int = 0) -> tuple[str, str] | None:
        """Return the action and the rule that takes it; None if the chain ends without one."""
        for text in chain.rules:
            matches, verdict = read_rule(text, self.packet, self.rules, chain)
            action, _space, target = verdict.partition(" ")
            if matches is False or action not in VERDICTS:
                continue
            if action == "return":
                if matches:
                    return None
                continue
            rule = f"{chain}: {text}"
            if action in ("jump", "goto"):
                decided = self._jump(chain, target, matches, depth)
                if decided or (action == "goto" and matches):
                    return decided
            elif matches:
                return action, rule
            else:
                self._doubt(action, rule)
        return None

    def _jump(
        self, chain: Chain, target: str, matches: bool | None, depth: int
    ) -> tuple[str, str] | None:
        other = self.rules.chains.get((chain.family, chain.table, target))
        if other is None or depth > 16:  # as deep as nftables allows
            return None
        decided = self.through(other, depth + 1)
        if matches or not decided:
            return decided
        self._doubt(*decided)
        return None

    def _doubt(self, action: str, rule: str) -> None:
        """Note a rule that would take an action if it matched, which is not known."""
        if action == "accept":
            self.sure = False
        else:
            self.doubts.append(rule)
