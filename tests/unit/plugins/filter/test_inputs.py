# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest
from ansible_collections.peerlb.stack.plugins.filter.inputs import (
    changed_inputs,
    run_problems,
    weights_problems,
)

FORMS = 'write them as web1=3,web2=1 or as {"web1": 3, "web2": 1}'


@pytest.mark.parametrize(
    "weights",
    ["inventory", "web1=3", "web1=3, web2=0", '{"web1": 3}', {"web1": 3}, {"web1": "3"}],
)
def test_weights_in_each_form_are_understood(weights) -> None:
    assert weights_problems(weights) == []


@pytest.mark.parametrize(
    "weights",
    ["", " ", "Inventory", "@w.json", "web1", "web1=", "=3", "web1=3,", ",web1=3", "web1=3 web2=1",
     "web1:3", "{web1: 3}", [], ["web1=3"], 3, True, {}, "{}"],
)  # fmt: skip
def test_what_is_not_understood_is_answered_with_both_forms(weights) -> None:
    (problem,) = weights_problems(weights)
    assert problem.startswith("weights: ")
    assert FORMS in problem


@pytest.mark.parametrize("weights", ["web1=3,web1=4", "web1=3,web1=3", '{"web1": 3, "web1": 4}'])
def test_member_that_is_given_twice_is_named(weights) -> None:
    assert "web1 is given twice" in weights_problems(weights)[0]


@pytest.mark.parametrize("weight", ["x", "-1", "1.5", "inf", "nan", "1001", None, [1], True])
def test_weight_that_no_member_can_have_is_named(weight) -> None:
    assert weights_problems({"web1": weight})[0].startswith("member web1: weight")


def test_host_that_became_a_variable_was_cut_off_the_weights() -> None:
    assert "web2 became a variable" in weights_problems("web1=3", {"web2": "1"})[0]
    assert weights_problems("web1=3", {"web2": {"rack": 7}, "db1": ["x"]}) == []


def test_missing_weights_are_named() -> None:
    assert weights_problems(None)[0].startswith("missing required arguments: weights")


@pytest.mark.parametrize("value", [1.1, 8, True, datetime.date(2024, 1, 1), [], {}])
def test_an_input_that_is_not_text_any_more_is_named(value) -> None:
    options = {"release": {"type": "str"}, "count": {"type": "int"}, "weights": {"type": "raw"}}
    given = {"release": value, "count": value, "weights": value}
    (problem,) = changed_inputs(given, options)
    assert problem.startswith("release is ")
    assert changed_inputs({"release": None}, options) == changed_inputs({}, options) == []
    assert changed_inputs({"release": "1.10"}, options) == []


GROUPS = {"all": ["lb1", "web1"], "nginx_lb": ["lb1"], "webapp": ["web1"], "mysql": []}


@pytest.mark.parametrize(
    ("names", "inside", "limit", "word", "problem"),
    [
        (["nginx_lb"], ["lb1"], "", "", ""),
        (["nginx_lb", "webapp"], ["web1"], "web1", "", ""),
        (["all"], ["web1"], "web1", "", ""),
        (["all"], ["localhost"], "localhost", "", ""),
        ([], [], "web1", "", ""),
        (["nginx_lb"], ["web1"], "", "", ""),
        (["nginx_lb", "mysql"], ["lb1"], "", "", "the inventory has no host in mysql: is this"),
        (["clients"], ["lb1"], "", "", "the inventory has no host in clients: is this"),
        (["nginx_lb"], ["web1"], "web1", "", "no host of nginx_lb is inside --limit web1: nothing"),
        (["nginx_lb"], ["lb1"], "", "words", "'words' belongs to no variable: -e cuts a value"),
    ],
)
def test_run_that_would_do_nothing_is_refused(names, inside, limit, word, problem) -> None:
    found = run_problems(names, GROUPS, inside, limit, word)
    assert [each[: len(problem)] for each in found] == ([problem] if problem else [])
