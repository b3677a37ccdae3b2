# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.rule import (
    FIRST_PACKET,
    read_rule,
)
from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.text import Chain, Ruleset

PACKET = {
    **FIRST_PACKET,
    "saddr": "10.0.0.2",
    "daddr": "10.2.0.2",
    "dport": 3306,
    "iifname": "eth0",
    "original_dport": 3306,
    "status": "",
}
SETS = {
    ("inet", "t", "empty"): [],
    ("inet", "t", "ports"): ["22", "3300-3310"],
    ("inet", "t", "pairs"): ["10.0.0.0/24 . 3306"],
    ("inet", "t", "verdicts"): ["10.0.0.2 : drop", "10.0.0.3 : accept"],
}


@pytest.mark.parametrize(
    ("rule", "matches", "verdict"),
    [
        ("tcp dport 3306 drop", True, "drop"),
        ("tcp dport 3307 drop", False, ""),
        ("tcp dport != 3307 reject with tcp reset", True, "reject"),
        ("tcp dport { 22, 3306 } accept", True, "accept"),
        ("tcp dport 3300-3310 drop", True, "drop"),
        ("tcp dport @ports drop", True, "drop"),
        ("tcp dport @unknown drop", None, "drop"),
        ("tcp dport @empty drop", False, ""),
        ("ip saddr & 0.0.0.255 == 0.0.0.2 accept", None, "accept"),
        ("ct status & dnat == 0 drop", None, "drop"),
        ("tcp dport > 1024 drop", None, "drop"),
        ("tcp sport 1024 drop", None, "drop"),
        ("tcp flags syn drop", None, "drop"),
        ("udp dport 3306 drop", False, ""),
        ("ip6 saddr ::1 accept", False, ""),
        ("ip protocol icmp drop", False, ""),
        ("meta l4proto { tcp, udp } th dport 3306 drop", True, "drop"),
        ("ip saddr 10.0.0.0/16 jump more", True, "jump more"),
        ("ip saddr 10.0.0.3-10.0.0.9 accept", False, ""),
        ("ip saddr != 10.0.0.0/16 drop", False, ""),
        ("ip saddr . tcp dport @pairs accept", True, "accept"),
        ("ip saddr . tcp dport 10.0.0.2 . 3306 accept", True, "accept"),
        ("ip saddr . tcp dport { 10.0.0.2 . 22 } accept", False, ""),
        ('iifname "eth0" drop', True, "drop"),
        ('iifname "lo" accept', False, ""),
        ('iifname "eth*" drop', True, "drop"),
        ('oifname "br0" drop', None, "drop"),
        ("ct state established,related accept", False, ""),
        ("ct state { new, invalid } drop", True, "drop"),
        ("ct state vmap { established : accept, new : drop }", True, "drop"),
        ("ct state vmap { established : accept }", False, ""),
        ("ip saddr vmap @verdicts", True, "drop"),
        ("ct status dnat accept", False, ""),
        ("ip protocol tcp ct direction original ct original proto-dst 3306 drop", True, "drop"),
        ("limit rate 5/second accept", None, "accept"),
        ('log prefix "denied" drop', True, "drop"),
        ('comment "all" drop', True, "drop"),
        ('log prefix "denied"', True, ""),
        ('xt match "owner" drop', None, "drop"),
        ("drop", True, "drop"),
    ],
)
def test_rule_matches_a_packet(rule, matches, verdict) -> None:
    found = read_rule(rule, PACKET, Ruleset(sets=SETS), Chain("inet", "t", "in"))
    assert found == (matches, verdict)


def test_rule_about_an_unknown_value_may_match() -> None:
    found = read_rule(
        "ip saddr 10.0.0.2 drop", {**PACKET, "saddr": None}, Ruleset(), Chain("ip", "t", "c")
    )
    assert found == (None, "drop")
