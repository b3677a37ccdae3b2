# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.waf import waf_lines

RULE = {"rule": "942100", "requests": 4, "message": "SQL Injection"}


def test_load_balancer_without_a_firewall_tells_nothing() -> None:
    assert waf_lines({"waf": {}, "inspected": {}}) == []
    assert waf_lines({}) == []


def test_verdicts_and_rules_are_told() -> None:
    info = {
        "waf": {"state": "running", "refused": 3, "would_refuse": 0, "rules": [RULE]},
        "inspected": {"shop.example /api/*": {"passed": 90, "refused": 3}},
    }
    assert waf_lines(info) == [
        "web application firewall: shop.example /api/*: 90 passed, 3 refused",
        "web application firewall: rule 942100 matched 4 requests: SQL Injection",
    ]


def test_preview_and_a_dead_firewall_are_told() -> None:
    first, second = waf_lines({"waf": {"state": "exited", "would_refuse": 2}})
    assert first == "the web application firewall is exited: docker logs peerlb-waf says why"
    assert "2 requests would have been refused" in second
