# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import (
    AnsibleFilterError,
    AnsibleTemplateError,
    AnsibleUndefinedVariable,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._inventory import (
    AskedOnce,
    Declared,
    declared,
    errors_for_ansible,
    missing_secrets,
    read_declared,
    registered,
)

DECLARATION = {"networks": [{"name": "vpc", "cidrs": ["10.0.0.0/16"]}]}
GROUPS = {"all": ["a", "b", "c"], "red": ["a", "b"], "blue": ["c"]}


class Lazy(dict):
    """Raises, as Ansible does, when a variable that can not be templated is asked for."""

    def get(self, key, default=None):
        value = super().get(key, default)
        if isinstance(value, Exception):
            raise value
        return value


def test_model_comes_with_its_variables() -> None:
    hostvars = {"a": {"ansible_host": "10.0.0.2", "peerlb_member": {"weight": 2}, "other": 1}}
    given = read_declared(DECLARATION, GROUPS, hostvars)
    assert list(given.topology.hosts) == ["a"]
    assert given.members == {"a": {"weight": 2}, "b": None, "c": None}
    assert given.values["a"] == {
        "ansible_host": "10.0.0.2",
        "peerlb_addresses": None,
        "peerlb_public_address": None,
        "peerlb_zone": None,
        "peerlb_member": {"weight": 2},
    }


def test_every_variable_that_can_not_be_templated_is_named() -> None:
    hostvars = {
        "a": Lazy(ansible_host=AnsibleUndefinedVariable("'x' is undefined")),
        "b": Lazy(peerlb_zone=AnsibleTemplateError("division by zero")),
    }
    with pytest.raises(TopologyError) as caught:
        read_declared(DECLARATION, GROUPS, hostvars)
    assert caught.value.problems == (
        "host a: ansible_host: 'x' is undefined",
        "host b: peerlb_zone: division by zero",
    )


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
                "a": Lazy(k=AnsibleUndefinedVariable("'vault_k' is undefined")),
                "b": Lazy(k=AnsibleTemplateError("can not parse 'oyster'")),
                "c": {"k": "v"},
            },
            ["host a: k: 'vault_k' is undefined", "host b: k: AnsibleTemplateError"],
        ),
    ],
)
def test_secrets_that_are_not_there(hostvars, problems) -> None:
    assert missing_secrets(GROUPS, hostvars, {"red": ["k"], "blue": ["k"]}) == problems


def test_secret_of_one_group_may_differ_between_its_hosts() -> None:
    hostvars = {"a": {"k": "v"}, "b": {"k": "w"}}
    assert missing_secrets(GROUPS, hostvars, {"red": ["k"]}) == []


def test_group_that_is_not_there_needs_no_secret() -> None:
    """The proof names such a group; its secrets would be noise."""
    assert missing_secrets({}, {}, {"red": ["k"]}) == []


def test_other_variables_are_read_of_the_groups_that_need_them() -> None:
    hostvars = {name: {"ansible_host": "10.0.0.2", "k": name} for name in "ab"}
    hostvars["a"]["ansible_host"] = "10.0.0.3"
    keys = {"red": ("k",), "none": ("k",)}
    given = read_declared(
        DECLARATION, {"all": ["a", "b"], "red": ["b"]}, {"b": hostvars["b"]}, keys
    )
    assert given.values["b"]["k"] == "b"
    assert "k" not in given.values["a"]


def test_the_first_host_that_has_a_variable_decides() -> None:
    hostvars = {
        "a": {"ansible_host": "10.0.0.2", "k": None},
        "b": {"ansible_host": "10.0.0.3", "k": []},
    }
    groups = {"all": ["a", "b"], "red": ["a", "b"]}
    given = read_declared(DECLARATION, groups, hostvars, {"red": ("k",)})
    assert given.first("red", "k", "none") == []
    assert given.first("red", "other", "none") == "none"


def test_a_model_is_looked_up_and_a_declaration_evaluated() -> None:
    hostvars = {"a": {"ansible_host": "10.0.0.2", "peerlb_member": {"weight": 2}}}
    given = read_declared(DECLARATION, GROUPS, hostvars)
    found = declared(given.as_text())
    assert found.topology == given.topology
    assert found.members == {"a": {"weight": 2}, "b": None, "c": None}
    assert declared(given.as_text(), GROUPS, {"a": {"ansible_host": "10.9.9.9"}}) == found
    assert declared(DECLARATION, GROUPS, hostvars).topology == given.topology
    # A declaration that is text by mistake is not taken for a model.
    with pytest.raises(TopologyError, match="is not a mapping"):
        declared("topology", GROUPS, hostvars)


def test_variables_are_kept_as_plain_values() -> None:
    """What Ansible made of YAML holds more than JSON can, and templates when it is read."""

    class Text(str):
        pass

    member = {Text("labels"): (Text("a"), {"b": None}), "weight": 2, "share": 0.5, "backup": True}
    hostvars = {"a": {"ansible_host": "10.0.0.2", "peerlb_member": member}}
    kept = read_declared(DECLARATION, GROUPS, hostvars).members["a"]
    assert kept == {"labels": ["a", {"b": None}], "weight": 2, "share": 0.5, "backup": True}
    assert {type(each) for each in kept["labels"]} == {str, dict}


def test_each_host_is_asked_for_once() -> None:
    class Counting(dict):
        asked: list[str] = []

        def get(self, key, default=None):
            self.asked.append(key)
            return super().get(key, default)

    asked = AskedOnce(Counting(a={"ansible_host": "10.0.0.2", "k": "v"}))
    read_declared(DECLARATION, GROUPS, asked)
    assert missing_secrets(GROUPS, asked, {"red": ["k"]}) == [
        "k: is not set, or empty, for b (red)"
    ]
    assert Counting.asked == ["a", "b", "c"]


def test_registered_results_are_found_by_host() -> None:
    hostvars = {"a": {"x": {"rc": 0}, "y": 1}, "b": {"z": 1}, "localhost": {"x": {"rc": 1}}}
    assert registered(hostvars, ["a", "b", "nosuch", "localhost"], "x", "q") == {
        "a": {"x": {"rc": 0}},
        "localhost": {"x": {"rc": 1}},
    }


def test_errors_become_ansibles() -> None:
    with pytest.raises(AnsibleFilterError, match="^one\ntwo$"), errors_for_ansible():
        raise TopologyError(["one", "two"])


def test_declared_without_values_has_no_members(stack) -> None:
    assert Declared(stack.parse()).members == {}
