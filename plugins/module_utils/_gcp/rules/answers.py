# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What firewall rules answer to a packet, for each IPv4 address at the other end."""

from __future__ import annotations

import bisect
import typing as t
from dataclasses import dataclass

from ..._values.ranges import LAST, Span
from ..project.rule_values import Rule

OPEN, CLOSED, UNDECIDED = "open", "closed", "undecided"


@dataclass(frozen=True)
class Answer:
    """What happens to a packet, OPEN, CLOSED or UNDECIDED, and the rules that lead to it.

    No rules means that the cloud's implied rule decides. `undecided_by` are the rules of which only
    the cloud knows whether they match; it is empty unless the state is UNDECIDED.
    """

    state: str
    rules: tuple[Rule, ...] = ()
    undecided_by: tuple[Rule, ...] = ()


Piece = tuple[int, Answer]  # the first address with an answer, which holds up to the next piece
Join = t.Callable[[Answer, Answer], Answer]


def uncertain_match(rule: Rule) -> Join:
    """Return a function that joins the answers without and with a rule that may or may not match.

    Where both answers are the same state, the joined answer is decided.
    """

    def join(without: Answer, with_it: Answer) -> Answer:
        rules = _distinct(without.rules, with_it.rules)
        if without.state == with_it.state != UNDECIDED:
            return Answer(without.state, rules)
        undecided_by = _distinct((rule,), without.undecided_by, with_it.undecided_by)
        return Answer(UNDECIDED, rules, undecided_by)

    return join


def _distinct(*groups: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(dict.fromkeys(rule for group in groups for rule in group))


class Answers:
    """An answer for each IPv4 address, kept as pieces: neighbours with one answer are a piece."""

    def __init__(self, answer: Answer) -> None:
        """Give all addresses one answer."""
        self._starts = [0]
        self._answers = [answer]

    def copy(self) -> Answers:
        """Return a copy that does not change with these answers."""
        twin = Answers(self._answers[0])
        twin._starts, twin._answers = list(self._starts), list(self._answers)
        return twin

    def fill(self, addresses: t.Iterable[Span], answer: Answer) -> None:
        """Give these addresses one answer."""
        for first, last in addresses:
            begin, end = self._cut(first), self._cut(last + 1)
            self._starts[begin:end] = [first]
            self._answers[begin:end] = [answer]

    def overlay(
        self, addresses: t.Iterable[Span], other: Answers, join: Join | None = None
    ) -> None:
        """Take over the other's answers for these addresses, or join both sides' answers."""
        for first, last in addresses:
            pieces = other._pieces(first, last)
            begin, end = self._cut(first), self._cut(last + 1)
            if join:
                own = list(zip(self._starts[begin:end], self._answers[begin:end]))
                pieces = _joined(own, pieces, join)
            self._starts[begin:end] = [start for start, _answer in pieces]
            self._answers[begin:end] = [answer for _start, answer in pieces]

    def pieces_in(self, addresses: t.Iterable[Span]) -> list[tuple[Span, Answer]]:
        """Return the answers for these addresses, neighbours with the same answer as one piece.

        Example: [((0, 167772159), <open>), ((167772160, 4294967295), <closed>)]
        """
        found: list[tuple[Span, Answer]] = []
        for first, last in addresses:
            pieces = self._pieces(first, last)
            ends = [start - 1 for start, _answer in pieces[1:]] + [last]
            for (start, answer), end in zip(pieces, ends):
                if found and found[-1][0][1] + 1 == start and found[-1][1] == answer:
                    found[-1] = ((found[-1][0][0], end), answer)
                else:
                    found.append(((start, end), answer))
        return found

    def deciding_rules(self) -> set[Rule]:
        """Return the rules that decide, or may decide, for any address."""
        return {rule for answer in self._answers for rule in (*answer.rules, *answer.undecided_by)}

    def at(self, address: int) -> Answer:
        """Return the answer for one address, given as a number."""
        return self._answers[bisect.bisect_right(self._starts, address) - 1]

    def _cut(self, address: int) -> int:
        """Make a piece begin at this address, and return its index."""
        at = bisect.bisect_left(self._starts, address)
        if address <= LAST and (at == len(self._starts) or self._starts[at] != address):
            self._starts.insert(at, address)
            self._answers.insert(at, self._answers[at - 1])
        return at

    def _pieces(self, first: int, last: int) -> list[Piece]:
        begin = bisect.bisect_right(self._starts, first) - 1
        end = bisect.bisect_right(self._starts, last)
        found = list(zip(self._starts[begin:end], self._answers[begin:end]))
        return [(first, found[0][1]), *found[1:]]


def _joined(own: list[Piece], other: list[Piece], join: Join) -> list[Piece]:
    """Return the join of two lists of pieces that begin at the same address."""
    found, left, right = [], 0, 0
    for start in sorted({start for start, _answer in own + other}):
        left += left + 1 < len(own) and own[left + 1][0] == start
        right += right + 1 < len(other) and other[right + 1][0] == start
        found.append((start, join(own[left][1], other[right][1])))
    return found
