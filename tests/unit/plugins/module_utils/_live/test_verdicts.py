# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.verdicts import (
    BAD,
    FLAPS,
    GOOD,
    UNKNOWN,
    Verdict,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.health import Health

HEALTH = Health(rise=2, fall=3)


def told(text: str) -> list[str]:
    """Return the state after each probe of a text: "+" is a good one, "-" a bad one."""
    states, verdict = [], Verdict()
    for second, each in enumerate(text):
        verdict = verdict.after("" if each == "+" else "answers 503", HEALTH, float(second))
        states.append(verdict.state)
    return states


@pytest.mark.parametrize(
    "probes, states",
    [
        ("+", [GOOD]),  # one good probe is enough for a member of which nothing is known
        ("--", [UNKNOWN, UNKNOWN]),
        ("---", [UNKNOWN, UNKNOWN, BAD]),
        ("+---", [GOOD, GOOD, GOOD, BAD]),
        ("+--+--+", [GOOD] * 7),
        ("---+", [UNKNOWN, UNKNOWN, BAD, BAD]),
        ("---++", [UNKNOWN, UNKNOWN, BAD, BAD, GOOD]),
        ("---+-++", [UNKNOWN, UNKNOWN, BAD, BAD, BAD, BAD, GOOD]),
    ],
)
def test_probes_in_a_row_change_the_state(probes, states) -> None:
    assert told(probes) == states


def test_verdict_tells_since_when_and_why() -> None:
    verdict = Verdict(GOOD, 1.0)
    for second in (5.0, 6.0, 7.0):
        verdict = verdict.after("refuses connections", HEALTH, second)
    assert (verdict.state, verdict.since, verdict.why) == (BAD, 7.0, "refuses connections")
    assert Verdict.parse(verdict.params()) == verdict


def test_member_that_flaps_comes_back_more_slowly_each_time() -> None:
    verdict, now, needed = Verdict(GOOD, 0.0), 0.0, []
    for _round in range(6):
        while verdict.state == GOOD:
            now += 1
            verdict = verdict.after("refuses connections", HEALTH, now)
        begun = now
        while verdict.state == BAD:
            now += 1
            verdict = verdict.after("", HEALTH, now)
        needed.append(now - begun)
    assert needed == sorted(needed)
    assert needed[0] == HEALTH.rise
    assert needed[-1] > 4 * HEALTH.rise
    assert verdict.flaps(now)
    assert not verdict.flaps(now + 601)
    assert verdict.patience(now + 601) == 1


def test_a_few_changes_are_no_flapping() -> None:
    verdict = Verdict(GOOD, 0.0, changes=tuple(map(float, range(FLAPS - 1))))
    assert not verdict.flaps(10.0)
    assert verdict.patience(10.0) == 1


DAMAGED = [None, [], "x", {}, {"state": "odd"}, {"since": "x"}, {"changes": 1}]


@pytest.mark.parametrize("entry", DAMAGED)
def test_damaged_memory_is_forgotten(entry) -> None:
    whole = Verdict(GOOD, 1.0).params()
    assert Verdict.parse({**whole, **entry} if entry and isinstance(entry, dict) else entry) == (
        Verdict()
    )


def test_clock_that_is_set_back_does_not_make_a_member_flap() -> None:
    verdict = Verdict(BAD, 3600.0, "answers 503", changes=(3600.0,) * FLAPS)
    assert verdict.flaps(3601.0)
    assert (verdict.flaps(0.0), verdict.patience(0.0)) == (False, 1)
