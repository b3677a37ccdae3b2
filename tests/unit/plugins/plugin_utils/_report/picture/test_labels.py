# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.labels import (
    fit,
    label_words,
    milliseconds,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.picture import Arrow


def arrow(state="ok", declared=True, failure="", total=1, median=0.7, port=3306) -> Arrow:
    tally = {"state": state, "total": total, "ok": 0, "failed": 1, "median_ms": median}
    return Arrow(("", ""), ("", ""), port, "mysql", declared, failure, "flow", tally)


@pytest.mark.parametrize(
    ("words", "width", "expected"),
    [
        ("web1", 30, "web1"),
        ("frontend", 50, "front…"),
        ("北京服务器", 60, "北京服…"),
        ("", 10, ""),
    ],
)
def test_words_are_cut_to_the_width(words, width, expected) -> None:
    assert fit(words, width) == expected


@pytest.mark.parametrize(
    ("shown", "width", "words"),
    [
        (arrow(), 110, "✓ 3306 mysql 0.7 ms"),
        (arrow(median=12.7), 110, "✓ 3306 mysql 13 ms"),
        (arrow(median=None), 110, "✓ 3306 mysql"),
        (arrow(port=27017, median=1.5), 110, "✓ 27017 mysql"),
        (arrow(), 80, "✓ 3306 mysql"),
        (arrow(), 20, "✓ 3306"),
        (arrow("failed", failure="refused"), 110, "✗ 3306 refused"),
        (arrow("failed", failure="refused", total=2), 110, "✗ 3306 refused 1/2"),
        (arrow("failed", failure="wrong_protocol"), 120, "✗ 3306 wrong protocol"),
        (arrow("failed", declared=False, failure="open"), 110, "✗ 3306 undeclared"),
        (arrow("failed", declared=False, failure="open"), 80, "✗ 3306 open"),
        (arrow("not_probed"), 110, "? 3306 not probed"),
        (arrow("not_probed"), 80, "? 3306"),
    ],
)
def test_label_has_the_longest_words_that_fit(shown, width, words) -> None:
    assert label_words(shown, width) == words


@pytest.mark.parametrize(("value", "words"), [(None, ""), (0.7, "0.7 ms"), (2000.0, "2000 ms")])
def test_milliseconds_are_written_for_people(value, words) -> None:
    assert milliseconds(value) == words
