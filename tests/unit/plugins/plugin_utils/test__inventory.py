# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleTemplateError, AnsibleUndefinedVariable
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._inventory import missing_secrets, model

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
    topology, values = model(DECLARATION, GROUPS, hostvars)
    assert list(topology.hosts) == ["a"]
    assert values["a"] == {
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
        model(DECLARATION, GROUPS, hostvars)
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
