# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.rule_values import (
    Rule,
    Selector,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.answers import (
    Answer,
    Answers,
    uncertain_match,
)
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import LAST
from hypothesis import given
from hypothesis import strategies as st

ALL_ADDRESSES = [(0, LAST)]
# Few numbers, so that spans often meet, and both ends of all addresses.
NUMBERS = st.sampled_from((0, 1, 2, 3, 5, 8, 9, LAST - 1, LAST))
SPANS = st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda pair: tuple(sorted(pair))), max_size=3)


def rule(name: str) -> Rule:
    return Rule("VPC", "", name, "INGRESS", 1, "allow", False, (), Selector(), Selector())


ONE, OTHER = rule("one"), rule("other")


def states(answers: Answers) -> list[tuple]:
    return [
        (first, last, answer.state) for (first, last), answer in answers.pieces_in(ALL_ADDRESSES)
    ]


@given(st.lists(st.tuples(SPANS, st.sampled_from(("open", "closed"))), max_size=5))
def test_last_overlay_decides(layers) -> None:
    answers = Answers(Answer("closed"))
    for addresses, state in layers:
        answers.overlay(addresses, Answers(Answer(state)))
    for address in (0, 1, 2, 3, 4, 5, 7, 8, 9, 10, LAST - 2, LAST - 1, LAST):
        seen = [s for own, s in layers if any(low <= address <= high for low, high in own)]
        assert answers.at(address).state == (seen or ["closed"])[-1]


def test_adjacent_pieces_with_one_answer_are_merged() -> None:
    answers = Answers(Answer("closed"))
    answers.overlay([(5, 9), (10, 20)], Answers(Answer("open", (ONE,))))
    assert states(answers) == [(0, 4, "closed"), (5, 20, "open"), (21, LAST, "closed")]
    assert [span for span, _answer in answers.pieces_in([(7, 8), (18, 30)])] == [
        (7, 8),
        (18, 20),
        (21, 30),
    ]


def test_uncertain_match_stays_decided_where_both_answers_agree() -> None:
    answers = Answers(Answer("closed"))
    answers.overlay([(10, 19)], Answers(Answer("open", (ONE,))))
    answers.overlay([(0, 14)], Answers(Answer("open", (OTHER,))), uncertain_match(OTHER))
    assert states(answers)[0] == (0, 9, "undecided")
    assert answers.at(12) == Answer("open", (ONE, OTHER))
    assert answers.at(3) == Answer("undecided", (OTHER,), (OTHER,))
    assert answers.at(15) == Answer("open", (ONE,))


def test_copy_does_not_change_with_the_original() -> None:
    answers = Answers(Answer("closed"))
    twin = answers.copy()
    answers.overlay([(0, 1)], Answers(Answer("open")))
    assert states(twin) == [(0, LAST, "closed")]


def test_overlay_takes_over_a_part_of_other_answers() -> None:
    other = Answers(Answer("open"))
    other.overlay([(5, 6)], Answers(Answer("undecided")))
    answers = Answers(Answer("closed"))
    answers.overlay([(6, 9)], other)
    assert states(answers) == [
        (0, 5, "closed"),
        (6, 6, "undecided"),
        (7, 9, "open"),
        (10, LAST, "closed"),
    ]
