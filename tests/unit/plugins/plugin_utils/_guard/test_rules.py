# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.rules import RuleReader


def test_a_rule_without_faults() -> None:
    match = {"paths": ["/a/*"], "headers": {"X-Env": "test"}, "without_headers": ["X-Key"]}
    entry = {"name": "a", "priority": "5", "action": "deny", "status": 404, "match": match}
    reader = RuleReader(entry, ())
    rule = reader.rule()
    assert reader.faults == []
    assert (rule.priority, rule.status, rule.preview) == (5, 404, False)
    assert rule.match.headers == (("x-env", ("test",)),)
    assert rule.match.without_headers == ("x-key",)


def test_all_faults_of_a_rule_are_collected() -> None:
    match = {"paths": ["a", "b"], "methods": ["get"], "lists": ["x"]}
    reader = RuleReader({"name": "A", "priority": 1, "action": "deny", "match": match}, ())
    reader.rule()
    assert len(reader.faults) == 5


def test_an_empty_rule_is_no_rule_for_everybody() -> None:
    reader = RuleReader({}, ())
    reader.rule()
    assert reader.faults == ["name is missing", "priority is missing", "action is missing"]
