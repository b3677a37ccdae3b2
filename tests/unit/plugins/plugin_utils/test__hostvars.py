# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleTemplateError, AnsibleUndefinedVariable
from ansible_collections.peerlb.stack.plugins.plugin_utils._hostvars import (
    UNREADABLE,
    CachedHostVars,
    missing_secrets,
    read_variables,
    registered,
)
from jinja2.exceptions import UndefinedError
from support.lazy_variables import LazyVariables

GROUPS = {"all": ["a", "b", "c"], "red": ["a", "b"], "blue": ["c"]}


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [((), "cannot parse 'oyster'"), (("k",), UNREADABLE), (("n",), "cannot parse 'oyster'")],
)
def test_variable_with_an_error_is_a_problem(secrets, problem) -> None:
    hostvars = {
        "a": LazyVariables(k=AnsibleUndefinedVariable("'x' is undefined"), n=1),
        "b": LazyVariables(k=AnsibleTemplateError("cannot parse 'oyster'")),
    }
    variables, problems = read_variables(
        hostvars, {"a": ["k", "n"], "b": ["k"], "c": ["k"]}, secrets
    )
    assert variables == {"a": {"n": 1}, "b": {}, "c": {"k": None}}
    assert problems == ["host a: k: 'x' is undefined", f"host b: k: {problem}"]


@pytest.mark.parametrize(
    "error",
    [
        # ansible-core 2.19 hands on any error of a template so while it evaluates another.
        UndefinedError("A captured exception marker was tripped: no file 'oyster'"),
        UndefinedError("A captured exception marker was tripped: 'oyster' is undefined"),
        AnsibleUndefinedVariable("object of type 'dict' has no attribute 'oyster'"),
        AnsibleUndefinedVariable("No variable named 'vault_oyster' was found."),
        AnsibleUndefinedVariable("oyster"),  # a hint of undef()
        AnsibleTemplateError("'oyster' is undefined"),
    ],
)
def test_no_error_of_a_secret_shows_a_value(error) -> None:
    hostvars = {"a": LazyVariables(k=error)}
    assert read_variables(hostvars, {"a": ["k"]}, ["k"])[1] == [f"host a: k: {UNREADABLE}"]
    assert missing_secrets({"red": ["a"]}, hostvars, {"red": ["k"]}) == [f"host a: k: {UNREADABLE}"]


@pytest.mark.parametrize(
    "text", ["'vault_k' is undefined", "'vault_k' is undefined. 'vault_k' is undefined"]
)
def test_a_secret_that_needs_an_undefined_variable_is_told_by_its_name(text) -> None:
    hostvars = {"a": LazyVariables(k=UndefinedError(text))}
    assert read_variables(hostvars, {"a": ["k"]}, ["k"])[1] == ["host a: k: 'vault_k' is undefined"]


def test_what_to_do_is_no_template_itself() -> None:
    assert not any(start in UNREADABLE for start in ("{{", "{%", "{#"))


def test_variables_become_plain_values() -> None:
    """What Ansible made of YAML holds more than JSON can, and is templated when it is read."""

    class Text(str):
        pass

    member = {Text("labels"): (Text("a"), {"b": None}), "weight": 2, "share": 0.5, "backup": True}
    variables, _problems = read_variables({"a": {"k": member}}, {"a": ["k"]})
    plain = variables["a"]["k"]
    assert plain == {"labels": ["a", {"b": None}], "weight": 2, "share": 0.5, "backup": True}
    assert {type(each) for each in plain["labels"]} == {str, dict}


@pytest.mark.parametrize(
    ("hostvars", "problems"),
    [
        ({"a": {"k": "v"}, "b": {"k": "v"}, "c": {"k": "v"}}, []),
        ({"a": {"k": 12345}, "b": {"k": "12345"}, "c": {"k": 12345}}, []),
        (
            {"a": {"k": "v"}, "b": {"k": " "}, "c": {}},
            [
                "k: is not set, or empty, for b (red)",
                "k: is not set, or empty, for c (blue)",
            ],
        ),
        ({}, ["k: is not set, or empty, for a, b (red)", "k: is not set, or empty, for c (blue)"]),
        (
            {"a": {"k": "v"}, "b": {"k": "v"}, "c": {"k": "w"}},
            ["k: is not the same for all hosts of red, blue"],
        ),
        (
            {
                "a": LazyVariables(k=AnsibleUndefinedVariable("'vault_k' is undefined")),
                "b": LazyVariables(k=AnsibleTemplateError("cannot parse 'oyster'")),
                "c": {"k": "v"},
            },
            ["host a: k: 'vault_k' is undefined", f"host b: k: {UNREADABLE}"],
        ),
    ],
)
def test_missing_or_different_secret_is_a_problem(hostvars, problems) -> None:
    assert missing_secrets(GROUPS, hostvars, {"red": ["k"], "blue": ["k"]}) == problems


def test_secret_of_one_group_may_differ_between_its_hosts() -> None:
    hostvars = {"a": {"k": "v"}, "b": {"k": "w"}}
    assert missing_secrets(GROUPS, hostvars, {"red": ["k"]}) == []


def test_group_without_hosts_needs_no_secret() -> None:
    """The proof names such a group; its secrets would be noise."""
    assert missing_secrets({}, {}, {"red": ["k"]}) == []


def test_cached_hostvars_ask_for_each_host_once() -> None:
    class Counting(dict):
        asked: list[str] = []

        def get(self, key, default=None):
            self.asked.append(key)
            return super().get(key, default)

    cached = CachedHostVars(Counting(a={"k": "v"}))
    read_variables(cached, {host: ["x"] for host in GROUPS["all"]})
    assert missing_secrets(GROUPS, cached, {"red": ["k"]}) == [
        "k: is not set, or empty, for b (red)"
    ]
    assert Counting.asked == ["a", "b", "c"]


def test_registered_results_are_returned_by_host() -> None:
    hostvars = {"a": {"x": {"rc": 0}, "y": 1}, "b": {"z": 1}, "localhost": {"x": {"rc": 1}}}
    assert registered(hostvars, ["a", "b", "nosuch", "localhost"], "x", "q") == {
        "a": {"x": {"rc": 0}},
        "localhost": {"x": {"rc": 1}},
    }


@pytest.mark.parametrize("value", ["a\nb", "a\r", "a\0b"])
def test_a_secret_of_two_lines_is_refused_without_its_value(value) -> None:
    hostvars = {"db1": {"root": value}}
    (problem,) = missing_secrets({"mysql": ["db1"]}, hostvars, {"mysql": ["root"]})
    assert problem == "root: holds a line break or another control character, for db1 (mysql)"
