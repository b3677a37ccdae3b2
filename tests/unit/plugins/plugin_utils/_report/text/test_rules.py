# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.filter.report import FilterModule
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.rules import rule_lines

CLIENTS = [{"client": "192.0.2.7", "requests": 3}]
RULES = {"bad": {"actions": {"deny": 3}, "would": {"throttled": 2}, "clients": CLIENTS}}


def test_each_rule_has_a_row() -> None:
    row = rule_lines(RULES)[2].split()
    assert row == ["bad", "deny", "3", "throttled", "2", "192.0.2.7", "(3)"]


def test_there_is_no_table_without_rules() -> None:
    assert rule_lines({}) == []


def test_lines_come_from_the_status_filter() -> None:
    info = {
        **{"workers": {"serving": 1, "shutting_down": 0}, "serving": "a", "release": "a"},
        **{"pools": [], "declared": [], "differences": [], "kept": [], "history": []},
    }
    lines = FilterModule().filters()["status_table"]({**info, "rules": RULES})
    assert lines[-3:] == rule_lines(RULES)
