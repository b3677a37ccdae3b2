# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow one new TCP connection through the rules of nftables. No Ansible, no I/O.

What can not be known of the packet makes a verdict unsure, never wrong.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .rule import FIXED, VERDICTS, Packet, read_rule
from .text import Chain, Ruleset


@dataclass
class Verdict:
    """action: accept, drop or reject; rule: which says so; doubts: rules that may say otherwise."""

    action: str = "accept"
    rule: str = ""
    doubts: list[str] = field(default_factory=list)


def judge(rules: Ruleset, packet: Packet, hooks: t.Sequence[str]) -> Verdict:
    """Return what becomes of a packet that passes these hooks in this order."""
    verdict = Verdict()
    for hook in hooks:
        for chain in rules.hooked(hook):
            if chain.device and chain.device != packet.get("iifname"):
                continue
            walk = _Walk(rules, {**FIXED, **packet})
            action, rule = walk.through(chain) or (chain.policy, f"{chain}: policy {chain.policy}")
            if action in ("drop", "reject") and walk.sure:
                return Verdict(action, rule, verdict.doubts)
            verdict.doubts += walk.doubts
            if action in ("drop", "reject"):
                verdict.doubts.append(rule)
    return verdict


class _Walk:
    """One packet on its way through one base chain; sure is False once it may have left it."""

    def __init__(self, rules: Ruleset, packet: Packet) -> None:
        self.rules, self.packet = rules, packet
        self.sure = True
        self.doubts: list[str] = []

    def through(self, chain: Chain, depth: int = 0) -> tuple[str, str] | None:
        """Return the verdict and the rule that gave it; None where the chain just ends."""
        for text in chain.rules:
            matched, statement = read_rule(text, self.packet, self.rules, chain)
            action, _space, target = statement.partition(" ")
            if matched is False or action not in VERDICTS:
                continue
            if action == "return":
                if matched:
                    return None
                continue
            shown = f"{chain}: {text}"
            if action in ("jump", "goto"):
                found = self._jump(chain, target, matched, depth)
                if found or (action == "goto" and matched):
                    return found
            elif matched:
                return action, shown
            elif action == "accept":
                self.sure = False
            else:
                self.doubts.append(shown)
        return None

    def _jump(
        self, chain: Chain, target: str, matched: bool | None, depth: int
    ) -> tuple[str, str] | None:
        other = self.rules.chains.get((chain.family, chain.table, target))
        if other is None or depth > 16:
            return None
        found = self.through(other, depth + 1)
        if matched or not found:
            return found
        if found[0] == "accept":
            self.sure = False
        else:
            self.doubts.append(found[1])
        return None
