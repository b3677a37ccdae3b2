# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dataclass, argument spec, the module's documentation and docs/ know the same settings.

The three forms are compared as argument specs. Choices are not part of a dataclass: they are
compared with those that parse() names when it refuses a value.
"""

from __future__ import annotations

import copy
import re
import typing as t
from dataclasses import MISSING, fields, is_dataclass, make_dataclass

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.argument_spec import (
    LISTENER,
    MEMBER,
    POOL,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import (
    MEMBER_SETTINGS,
    METHODS,
    Listener,
    Member,
    Pool,
)
from ansible_collections.peerlb.stack.plugins.modules import nginx_release
from support import ROOT

Spec = dict[str, dict[str, t.Any]]
OPTIONS = yaml.safe_load(nginx_release.DOCUMENTATION)["options"]
DOCUMENTED = {
    Pool: OPTIONS["pools"]["suboptions"],
    Member: OPTIONS["pools"]["suboptions"]["members"]["suboptions"],
    Listener: OPTIONS["listeners"]["suboptions"],
}
SPECIFIED = {Pool: POOL, Member: MEMBER, Listener: LISTENER}
TYPES = {int: "int", str: "str", bool: "bool"}
ONE_MORE = {"colour": {"type": "int", "default": 1}}


def of_dataclass(cls: type) -> Spec:
    """Return the argument spec, without choices, that the fields of a dataclass ask for."""
    hints = t.get_type_hints(cls)
    found: Spec = {}
    for each in fields(cls):
        hint, optional = hints[each.name], each.default is None  # such as int | None
        hint = t.get_args(hint)[0] if optional else hint
        elements = t.get_args(hint)[:1]  # of tuple[str, ...]
        if is_dataclass(hint):
            option = {"type": "dict", "options": of_dataclass(hint)}
        elif not elements:
            option: dict[str, t.Any] = {"type": TYPES[hint]}
        elif is_dataclass(elements[0]):
            option = {"type": "list", "elements": "dict", "options": of_dataclass(elements[0])}
        else:
            option = {"type": "list", "elements": TYPES[elements[0]]}
        default = list(each.default) if isinstance(each.default, tuple) else each.default
        default = {} if is_dataclass(hint) else default
        if not optional:
            option |= {"required": True} if default is MISSING else {"default": default}
        found[each.name] = option
    return found


def of_documentation(options: Spec) -> Spec:
    """Return the argument spec that a module documents."""
    found: Spec = {}
    for name, option in options.items():
        found[name] = {key: option[key] for key in option if key != "description"}
        if "suboptions" in option:
            found[name]["options"] = of_documentation(found[name].pop("suboptions"))
    return found


def without(spec: Spec, *keys: str) -> Spec:
    """Return an argument spec without some keys of its options, at every depth."""
    return {
        name: {
            key: without(value, *keys) if key == "options" else value
            for key, value in option.items()
            if key not in keys
        }
        for name, option in spec.items()
    }


def is_one(cls: type, spec: Spec, documented: Spec) -> bool:
    """Tell whether dataclass, argument spec and documentation have the same settings."""
    spec = without(spec, "no_log")
    return of_dataclass(cls) == without(spec, "choices") and of_documentation(documented) == spec


@pytest.mark.parametrize("cls", SPECIFIED)
def test_settings_are_the_same_everywhere(cls: type) -> None:
    assert of_dataclass(cls) == without(SPECIFIED[cls], "choices", "no_log")
    assert of_documentation(DOCUMENTED[cls]) == without(SPECIFIED[cls], "no_log")
    assert is_one(cls, SPECIFIED[cls], DOCUMENTED[cls])


@pytest.mark.parametrize("cls", SPECIFIED)
def test_a_setting_in_one_place_only_is_found(cls: type) -> None:
    wider = make_dataclass("Wider", [("colour", int, 1)], bases=(cls,), frozen=True)
    assert not is_one(wider, SPECIFIED[cls], DOCUMENTED[cls])
    assert not is_one(cls, {**SPECIFIED[cls], **ONE_MORE}, DOCUMENTED[cls])
    assert not is_one(cls, SPECIFIED[cls], {**DOCUMENTED[cls], **ONE_MORE})
    assert is_one(wider, {**SPECIFIED[cls], **ONE_MORE}, {**DOCUMENTED[cls], **ONE_MORE})


def test_a_setting_of_members_in_one_place_only_is_found_in_their_pool() -> None:
    spec, documented = copy.deepcopy(POOL), copy.deepcopy(DOCUMENTED[Pool])
    spec["members"]["options"].update(ONE_MORE)
    documented["members"]["suboptions"].update(ONE_MORE)
    assert not is_one(Pool, spec, DOCUMENTED[Pool])
    assert not is_one(Pool, POOL, documented)


@pytest.mark.parametrize("key", ["type", "default", "choices"])
def test_another_type_default_or_choice_is_found(key: str) -> None:
    spec = {**MEMBER, "state": {**MEMBER["state"], key: "other"}}
    assert not is_one(Member, spec, DOCUMENTED[Member])


def test_a_pool_without_settings_is_the_pool_of_the_specs_defaults() -> None:
    defaults = {key: value["default"] for key, value in POOL.items() if "default" in value}
    given = {"name": "webapp", "members": MEMBERS}
    assert Pool.parse(given) == Pool.parse({**defaults, **given})


MEMBERS = [{"name": "web1", "address": "10.1.0.2", "port": 3000}]


def parse(cls: type, settings: dict[str, t.Any]) -> t.Any:
    if cls is Member:
        return Member.parse({**MEMBERS[0], **settings}, "webapp")
    if cls is Pool:
        return Pool.parse({"name": "webapp", "members": MEMBERS, **settings})
    return Listener.parse({"port": 80, "pool": "webapp", **settings}, ["webapp"])


@pytest.mark.parametrize(
    "cls, key",
    [(cls, key) for cls, spec in SPECIFIED.items() for key in spec if "choices" in spec[key]],
)
def test_choices_are_what_parse_accepts(cls: type, key: str) -> None:
    option = SPECIFIED[cls][key]
    a_list = option["type"] == "list"
    for choice in option["choices"]:
        parse(cls, {key: [choice] if a_list else choice})
    refusal = f"{key} is 'other', not one of {', '.join(option['choices'])}$"
    with pytest.raises(PoolError, match=refusal):
        parse(cls, {key: ["other"] if a_list else "other"})


def test_members_are_given_what_does_not_follow_from_the_flow() -> None:
    assert set(MEMBER) - set(MEMBER_SETTINGS) == {"name", "address", "port"}


# The page that explains the settings to people.


def page() -> str:
    return (ROOT / "docs/balancing.md").read_text()


def test_the_page_has_a_row_for_each_method() -> None:
    table = page().split("| `method` |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == sorted(METHODS)


def test_the_page_tells_the_defaults_that_are_in_force() -> None:
    """It writes a default as `fail_timeout` (10 s)."""
    spec = {**POOL, **MEMBER}
    told = re.findall(r"`(\w+)` \((\d+) ?(\w*)\)", page())
    told = [(name, number + unit) for name, number, unit in told if name in spec]
    assert {"connect_timeout", "fail_timeout"} <= {name for name, _text in told}
    assert told == [(name, str(spec[name]["default"])) for name, _text in told]
