# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError, AnsibleTemplateError, AnsibleUndefinedVariable
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._inventory import (
    Inventory,
    errors_for_ansible,
    load_inventory,
    read_inventory,
)
from support.lazy_variables import LazyVariables

DECLARATION = {"networks": [{"name": "vpc", "cidrs": ["10.0.0.0/16"]}]}
GROUPS = {"all": ["a", "b", "c"], "red": ["a", "b"], "blue": ["c"]}


def test_inventory_has_the_model_and_variables_of_each_host() -> None:
    hostvars = {"a": {"ansible_host": "10.0.0.2", "peerlb_member": {"weight": 2}, "other": 1}}
    inventory = read_inventory(DECLARATION, GROUPS, hostvars)
    assert list(inventory.topology.hosts) == ["a"]
    assert inventory.member_settings == {"a": {"weight": 2}, "b": None, "c": None}
    assert inventory.variables["a"] == {
        "ansible_host": "10.0.0.2",
        "peerlb_addresses": None,
        "peerlb_public_address": None,
        "peerlb_zone": None,
        "peerlb_member": {"weight": 2},
    }


def test_every_variable_that_cannot_be_templated_is_named() -> None:
    hostvars = {
        "a": LazyVariables(ansible_host=AnsibleUndefinedVariable("'x' is undefined")),
        "b": LazyVariables(peerlb_zone=AnsibleTemplateError("division by zero")),
    }
    with pytest.raises(TopologyError) as caught:
        read_inventory(DECLARATION, GROUPS, hostvars)
    assert caught.value.problems == (
        "host a: ansible_host: 'x' is undefined",
        "host b: peerlb_zone: division by zero",
    )


def test_other_variables_are_read_of_the_groups_that_need_them() -> None:
    hostvars = {name: {"ansible_host": "10.0.0.2", "k": name} for name in "ab"}
    hostvars["a"]["ansible_host"] = "10.0.0.3"
    names = {"red": ("k",), "none": ("k",)}
    groups = {"all": ["a", "b"], "red": ["b"]}
    inventory = read_inventory(DECLARATION, groups, {"b": hostvars["b"]}, names)
    assert inventory.variables["b"]["k"] == "b"
    assert "k" not in inventory.variables["a"]


def test_variables_of_the_role_stand_in_the_places_of_the_stacks() -> None:
    hostvars = {
        "a": {"ansible_host": "10.0.0.2", "peerlb_url_map": {"hosts": []}, "nginx_lb_url_map": {}},
        "b": {"ansible_host": "10.0.0.3", "peerlb_url_map": {"hosts": []}},
    }
    groups = {"all": ["a", "b"], "red": ["a", "b"]}
    read = read_inventory(DECLARATION, groups, hostvars, {"red": ("peerlb_url_map",)}).variables
    assert [read[name]["peerlb_url_map"] for name in "ab"] == [{}, {"hosts": []}]
    assert "nginx_lb_url_map" not in read["a"]


def test_first_host_that_has_a_variable_decides() -> None:
    hostvars = {
        "a": {"ansible_host": "10.0.0.2", "k": None},
        "b": {"ansible_host": "10.0.0.3", "k": []},
    }
    groups = {"all": ["a", "b"], "red": ["a", "b"]}
    inventory = read_inventory(DECLARATION, groups, hostvars, {"red": ("k",)})
    assert inventory.first("red", "k", "none") == []
    assert inventory.first("red", "other", "none") == "none"


def test_model_is_looked_up_and_a_declaration_is_evaluated() -> None:
    hostvars = {"a": {"ansible_host": "10.0.0.2", "peerlb_member": {"weight": 2}}}
    read = read_inventory(DECLARATION, GROUPS, hostvars)
    loaded = load_inventory(read.as_text())
    assert loaded.topology == read.topology
    assert loaded.member_settings == {"a": {"weight": 2}, "b": None, "c": None}
    changed = {"a": {"ansible_host": "10.9.9.9"}}
    assert load_inventory(read.as_text(), GROUPS, changed) == loaded
    assert load_inventory(DECLARATION, GROUPS, hostvars).topology == read.topology
    # A declaration that is text by mistake is not taken for a model.
    with pytest.raises(TopologyError, match="is not a mapping"):
        load_inventory("topology", GROUPS, hostvars)


def test_errors_are_raised_as_ansible_shows_them() -> None:
    with pytest.raises(AnsibleFilterError, match="^one\ntwo$"), errors_for_ansible():
        raise TopologyError(["one", "two"])


def test_inventory_without_variables_has_no_member_settings(stack) -> None:
    assert Inventory(stack.parse()).member_settings == {}


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        (
            [{"name": "shop", "names": ["a.example"], "source": "given", "key": "secret"}, "x"],
            [{"name": "shop", "names": ["a.example"], "source": "given"}],
        ),
        ("secret", []),
        (None, None),
    ],
)
def test_keys_of_certificates_are_not_kept(stack, declared: object, read: object) -> None:
    stack.hostvars["lb1"]["peerlb_certificates"] = declared
    names = {"nginx_lb": ("peerlb_certificates",)}
    found = read_inventory(stack.topology, stack.groups, stack.hostvars, names)
    assert found.variables["lb1"]["peerlb_certificates"] == read
    assert "secret" not in found.as_text()
