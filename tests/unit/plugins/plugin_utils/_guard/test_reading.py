# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import (
    files_of,
    read_gatekeeper,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import (
    GatekeeperError,
    Limit,
)

DENY = {"name": "bad", "priority": 10, "action": "deny"}
THROTTLE = {"name": "slow", "priority": 10, "action": "throttle", "rate": "10/s"}


def faults_of(value: object) -> list[str]:
    with pytest.raises(GatekeeperError) as told:
        read_gatekeeper(value)
    return str(told.value).splitlines()


def test_rules_are_in_order_of_priority() -> None:
    match = {"paths": ["/a"]}
    rules = [
        {**DENY, "priority": 20},
        {"name": "b", "priority": 3, "action": "deny", "match": match},
    ]
    read = read_gatekeeper({"rules": rules})
    assert [rule.name for rule in read.rules] == ["b", "bad"]
    assert (read.rules[1].status, read.default.action) == (403, "allow")


def test_a_rate_is_counted_by_the_minute() -> None:
    rule = {**THROTTLE, "burst": 20, "key": "header X-Api-Key"}
    assert read_gatekeeper({"rules": [rule]}).rules[0].limit == Limit(600, 20, "X-Api-Key")


def test_a_ban_has_a_time() -> None:
    rule = {**THROTTLE, "action": "ban", "for": "10m"}
    assert read_gatekeeper({"rules": [rule]}).rules[0].seconds == 600


def test_lists_come_from_files() -> None:
    value = {"lists": {"bad": {"file": "lists/bad.txt"}, "office": {"ranges": ["192.0.2.1"]}}}
    assert files_of(value) == ["lists/bad.txt"]
    read = read_gatekeeper(value, files={"lists/bad.txt": "192.0.2.2\n192.0.2.3\n"})
    assert len(read.lists["bad"]) == 1
    assert faults_of(value) == [
        "peerlb_gatekeeper.lists.bad: file lists/bad.txt cannot be read on the controller"
    ]


def test_a_file_whose_ranges_an_earlier_rule_takes_stops_nothing() -> None:
    rules = [
        {"name": "office", "priority": 1, "action": "allow", "match": {"ranges": ["192.0.2.0/24"]}},
        {**DENY, "match": {"lists": ["feed"]}},
    ]
    value = {"lists": {"feed": {"file": "feed.txt"}}, "rules": rules}
    assert read_gatekeeper(value, files={"feed.txt": "192.0.2.9\n"}).from_files == {"feed"}
    value["lists"] = {"feed": {"ranges": ["192.0.2.9"]}}
    assert "never decides, because office" in faults_of(value)[0]


@pytest.mark.parametrize("value", [None, [], {"lists": []}, {"lists": {"a": 1, "b": {"file": 2}}}])
def test_files_of_bad_values_are_none(value) -> None:
    assert files_of(value) == []


# Each value of a rule wrong once, and what the fault says.
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Bad"}, "name is 'Bad', not up to 32 of a-z"),
        ({"name": "default"}, "none of default"),
        ({"name": None}, "name is missing"),
        ({"priority": -1}, "priority is -1, not a whole number"),
        ({"priority": None}, "priority is missing"),
        ({"action": "block"}, "action is 'block', not one of allow, deny, throttle, ban, redirect"),
        ({"action": None}, "action is missing"),
        ({"status": 500}, "status is '500', not one of 403, 404, 429, close"),
        ({"preview": "yes"}, "preview is 'yes', not true or false"),
        ({"rate": "1/s"}, "unknown key rate for deny; known: name"),
        ({"prioritty": 1}, "is priority meant?"),
        ({"match": []}, "match is [], not a mapping"),
        ({"match": {"path": ["/"]}}, "match: unknown key path; known: lists"),
        ({"match": {"lists": ["ofice"]}}, "there is no list ofice; is office meant?"),
        (
            {"match": {"headers": {"X-A": "1"}, "without_headers": ["x-a"]}},
            "match: x-a is in headers and in without_headers, which no request meets",
        ),
        ({"match": {"headers": {"X-A": "1", "x-a": "2"}}}, "match.headers names x-a twice"),
        ({"match": {"lists": "office"}}, "match.lists is 'office', not a list"),
        ({"match": {"ranges": ["10.0.0.1/8"]}}, "match.ranges[0]: 10.0.0.1/8 has host bits"),
        ({"match": {"ranges": []}}, "match.ranges is [], not a list of ranges"),
        ({"match": {"paths": ["admin"]}}, "match.paths[0] is 'admin', not a path such as /admin"),
        ({"match": {"paths": ["/a*"]}}, "match.paths[0] is '/a*'"),
        ({"match": {"paths": ["/a//b"]}}, "match.paths[0] is '/a//b'"),
        ({"match": {"paths": ["/a/../b"]}}, "match.paths[0] is '/a/../b'"),
        ({"match": {"paths": ["/a%20b"]}}, "match.paths[0] is '/a%20b'"),
        ({"match": {"paths": ["/a?b"]}}, "match.paths[0] is '/a?b'"),
        ({"match": {"methods": ["get"]}}, "match.methods[0] is 'get', not a method in capitals"),
        ({"match": {"headers": ["X-A"]}}, "match.headers is ['X-A'], not a mapping"),
        ({"match": {"headers": {"X A": "1"}}}, "match.headers is 'X A', not the name of a header"),
        ({"match": {"headers": {"X-A": [""]}}}, "match.headers.x-a[0] is '', not text"),
        ({"match": {"headers": {"X-A": 1}}}, "match.headers.x-a is 1, not a list"),
        ({"match": {"without_headers": ["X:"]}}, "match.without_headers[0] is 'X:'"),
    ],
)
def test_each_fault_of_a_rule_is_named(change, said) -> None:
    lists = {"office": {"ranges": ["192.0.2.0/24"]}}
    faults = faults_of({"lists": lists, "rules": [{**DENY, **change}]})
    assert len(faults) == 1
    assert faults[0].startswith("peerlb_gatekeeper.rules[0]") and said in faults[0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"rate": "ten"}, "rate is 'ten', not a rate such as 10/s"),
        ({"rate": "0/s"}, "rate is '0/s'"),
        ({"rate": None}, "rate is missing"),
        ({"burst": -1}, "burst is -1"),
        ({"key": "cookie"}, "key is 'cookie', not client, all, or header"),
        ({"key": "header X Y"}, "key is 'header X Y'"),
        ({"action": "ban"}, "for is missing"),
        ({"action": "ban", "for": "10"}, "for is '10', not a time such as 10m"),
        ({"action": "redirect", "rate": None}, "url is missing"),
    ],
)
def test_each_fault_of_a_rate_is_named(rule, said) -> None:
    assert any(said in each for each in faults_of({"rules": [{**THROTTLE, **rule}]}))


@pytest.mark.parametrize("url", ["shop", "https://a/$host", "javascript:x", "/a b", '/"', "//x;"])
def test_a_redirect_leads_to_a_plain_url(url) -> None:
    rule = {"name": "go", "priority": 1, "action": "redirect", "url": url}
    assert "url is" in faults_of({"rules": [rule]})[0]


def test_a_redirect_has_a_code_of_redirects() -> None:
    rule = {"name": "go", "priority": 1, "action": "redirect", "url": "/b", "code": 200}
    assert "code is '200', not one of 301" in faults_of({"rules": [rule]})[0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "peerlb_gatekeeper is [], not a mapping with rules"),
        ({"rule": []}, "unknown key rule; known: lists, rules, default"),
        ({"lists": []}, "peerlb_gatekeeper.lists is [], not a mapping"),
        ({"lists": {"a-b": {"ranges": ["10.0.0.0/8"]}}}, "the name is 'a-b'"),
        ({"lists": {"a": {}}}, "lists.a: is {}, not a mapping with either ranges or file"),
        ({"lists": {"a": {"ranges": ["192.0.2.1"], "file": "b"}}}, "with either ranges or file"),
        ({"lists": {"a": {"ranges": ["192.0.2.1"], "days": 1}}}, "unknown key days"),
        ({"rules": {}}, "peerlb_gatekeeper.rules is {}, not a list of rules"),
        ({"rules": ["deny"]}, "rules[0]: is 'deny', not a mapping"),
        ({"default": "deny"}, "default: is 'deny', not a mapping"),
        (
            {"default": {"action": "throttle"}},
            "default: action is 'throttle', not one of allow, deny",
        ),
        ({"default": {"action": "deny", "name": "x"}}, "default: unknown key name"),
    ],
)
def test_each_fault_of_the_whole_is_named(value, said) -> None:
    faults = faults_of(value)
    assert len(faults) == 1
    assert said in faults[0]


def test_all_faults_are_named_at_once() -> None:
    rules = [{**DENY, "status": 1}, {**THROTTLE, "rate": "x"}]
    assert len(faults_of({"x": 1, "rules": rules, "lists": {"a": 1}})) == 4


def test_names_and_priorities_are_unique() -> None:
    paths = ({"paths": [each]} for each in ("/a", "/b"))
    faults = faults_of({"rules": [{**DENY, "match": each} for each in paths]})
    assert [each.split(" is of ")[0] for each in faults] == [
        "peerlb_gatekeeper.rules: name bad",
        "peerlb_gatekeeper.rules: priority 10",
    ]


def test_a_rule_that_never_decides_is_named_with_the_one_that_does() -> None:
    rules = [DENY, {"name": "late", "priority": 20, "action": "allow"}]
    assert (
        "rules late: never decides, because bad with priority 10" in faults_of({"rules": rules})[0]
    )


def test_a_previewed_rate_by_header_needs_the_dry_run_for_itself() -> None:
    match = {"paths": ["/a"]}
    new = {**THROTTLE, "name": "new", "priority": 5, "key": "header X-A", "match": match}
    assert read_gatekeeper({"rules": [{**new, "preview": True}]}).rules[0].preview
    faults = faults_of({"rules": [THROTTLE, {**new, "preview": True}]})
    assert "rules new: preview with key X-A cannot be counted" in faults[0]


def test_a_default_that_allows_has_no_preview() -> None:
    read = read_gatekeeper({"default": {"action": "allow", "preview": True}})
    assert not read.default.preview
