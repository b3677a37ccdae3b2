# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.text import parse_ruleset
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.walk import judge

PACKET = {"saddr": "10.0.0.2", "daddr": "10.2.0.2", "dport": 3306, "iifname": "eth0"}


def chain(
    name: str, *rules: str, hook: str = "", policy: str = "accept", priority: str = "0"
) -> str:
    base = f"type filter hook {hook} priority {priority}; policy {policy};" if hook else ""
    return f"chain {name} {{\n{base}\n" + "\n".join(rules) + "\n}\n"


def table(*chains: str, name: str = "t") -> str:
    return f"table inet {name} {{\n" + "".join(chains) + "}\n"


@pytest.mark.parametrize(
    ("rules", "action", "rule"),
    [
        ([], "accept", ""),
        (["tcp dport 3306 drop"], "drop", "tcp dport 3306 drop"),
        (["tcp dport 3306 accept", "drop"], "accept", ""),
        (["jump more", "drop"], "accept", ""),
        (["jump less"], "reject", "tcp dport 3306 reject"),
        (["goto more", "drop"], "accept", ""),
        (["jump back", "drop"], "drop", "drop"),
        (["jump nowhere", "jump round"], "accept", ""),
    ],
)
def test_verdict_of_one_chain(rules, action, rule) -> None:
    text = table(
        chain("in", *rules, hook="input"),
        chain("more", "ip saddr 10.0.0.2 accept"),
        chain("less", "tcp dport 3306 reject"),
        chain("back", "tcp dport 3306 return", "accept"),
        chain("round", "jump round"),
    )
    found = judge(parse_ruleset(text), PACKET, ["input"])
    assert (found.action, found.rule.partition(": ")[2], found.doubts) == (action, rule, [])


def test_policy_decides_if_no_rule_does() -> None:
    text = table(chain("in", "tcp dport 22 accept", hook="input", policy="drop"))
    found = judge(parse_ruleset(text), PACKET, ["input"])
    assert (found.action, found.rule) == ("drop", "table inet t, chain in: policy drop")


def test_accept_ends_only_its_own_base_chain() -> None:
    first = table(chain("a", "accept", hook="input", priority="-10"), name="first")
    second = table(chain("b", "drop", hook="input", priority="10"), name="second")
    found = judge(parse_ruleset(second + first), PACKET, ["input"])
    assert (found.action, found.rule) == ("drop", "table inet second, chain b: drop")


def test_hooks_are_passed_in_the_order_given() -> None:
    text = table(chain("in", "drop", hook="input"), chain("pre", "reject", hook="prerouting"))
    assert judge(parse_ruleset(text), PACKET, ["prerouting", "input"]).action == "reject"
    assert judge(parse_ruleset(text), PACKET, ["forward"]).action == "accept"


@pytest.mark.parametrize(
    "rules",
    [
        ["tcp sport 99 drop"],
        ["tcp sport 99 accept", "drop"],
        ["tcp sport 99 jump sink"],
        ["tcp sport 99 jump open", "drop"],
    ],
)
def test_drop_that_is_not_sure_is_a_doubt(rules) -> None:
    text = table(chain("in", *rules, hook="input"), chain("sink", "drop"), chain("open", "accept"))
    found = judge(parse_ruleset(text), PACKET, ["input"])
    assert (found.action, len(found.doubts)) == ("accept", 1)
    assert found.doubts[0].endswith("drop")


def test_sure_drop_after_a_doubt_decides() -> None:
    text = table(chain("in", "tcp sport 99 drop", "tcp dport 3306 drop", hook="input"))
    assert judge(parse_ruleset(text), PACKET, ["input"]).action == "drop"


def test_ingress_chain_of_another_device_is_passed_over() -> None:
    text = (
        "table netdev n {\nchain c {\n"
        'type filter hook ingress device "eth1" priority 0; policy accept;\ndrop\n}\n}\n'
    )
    assert judge(parse_ruleset(text), PACKET, ["ingress"]).action == "accept"
    assert judge(parse_ruleset(text), {**PACKET, "iifname": "eth1"}, ["ingress"]).action == "drop"
