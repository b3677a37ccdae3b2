# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._path.nft.text import (
    parse_ruleset,
    split_elements,
)

TEXT = """table ip filter { # handle 2
    chain FORWARD { # handle 6
        type filter hook forward priority filter; policy drop;
        counter packets 35 bytes 42 jump DOCKER-USER # handle 70
    }

    chain DOCKER-USER { # handle 7
    }
}
table inet peerlb { # handle 9
    set allowed { # handle 1
        type ipv4_addr . inet_service
        flags interval
        elements = { 10.0.0.2 . 3306,
                 10.0.0.3 . 3306 counter packets 0 bytes 0 comment "b, c" }
    }

    set empty {
        type ipv4_addr
    }

    chain early {
        type filter hook prerouting priority mangle - 5; policy accept;
        tcp dport 22 accept comment "management" # handle 12
    }

    chain nat {
        type nat hook prerouting priority -100; policy accept;
    }
}
table netdev cloud {
    chain in {
        type filter hook ingress device "eth0" priority 10; policy accept;
    }
}
table ip6 other {
    chain in {
        type filter hook prerouting priority filter; policy drop;
    }
}
"""


def test_chains_and_rules_are_read() -> None:
    rules = parse_ruleset(TEXT)
    forward = rules.chains["ip", "filter", "FORWARD"]
    assert (forward.type, forward.hook, forward.policy) == ("filter", "forward", "drop")
    assert forward.rules == ["jump DOCKER-USER"]
    early = rules.chains["inet", "peerlb", "early"]
    assert (early.priority, early.rules) == (-155, ['tcp dport 22 accept comment "management"'])
    assert str(early) == "table inet peerlb, chain early"
    assert rules.chains["ip", "filter", "DOCKER-USER"].hook == ""
    assert rules.chains["netdev", "cloud", "in"].device == "eth0"


def test_sets_are_read() -> None:
    rules = parse_ruleset(TEXT)
    assert rules.sets["inet", "peerlb", "allowed"] == ["10.0.0.2 . 3306", "10.0.0.3 . 3306"]
    assert rules.sets["inet", "peerlb", "empty"] == []


def test_hooked_chains_are_those_for_ipv4_by_priority() -> None:
    more = "table inet late {\n\tchain c {\n\t\ttype filter hook prerouting priority 0;\n\t}\n}\n"
    found = parse_ruleset(more + TEXT).hooked("prerouting")
    assert [chain.table for chain in found] == ["peerlb", "late"]
    assert found[1].policy == "accept"


def test_elements_are_split() -> None:
    assert split_elements(' 80 : jump web, 22 : accept comment "a, b" ') == [
        "80 : jump web",
        "22 : accept",
    ]
    assert parse_ruleset("what is this?\n").chains == {}
