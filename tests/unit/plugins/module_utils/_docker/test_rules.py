# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.rules import (
    containers,
    without_rules,
)

PORTS = {"3000/tcp": [{"HostIp": "10.1.0.2", "HostPort": "3000"}], "9/tcp": None}
RECORD = {
    "Name": "/peerlb-webapp",
    "State": {"Running": True},
    "NetworkSettings": {"Ports": PORTS, "Networks": {"x": {"IPAddress": "172.18.0.2"}}},
}
NAT = "*nat\n-A DOCKER -d 10.1.0.2/32 -p tcp -j DNAT --to-destination 172.18.0.2:3000\nCOMMIT\n"
FILTER = "*filter\n:FORWARD DROP [0:0]\n{}COMMIT\n"
FORWARDED = FILTER.format("-A DOCKER -d 172.18.0.2/32 -p tcp --dport 3000 -j ACCEPT\n")
NFT = "table ip docker-bridges {\n ip daddr 10.1.0.2 tcp dport 3000 dnat to 172.18.0.2:3000\n}\n"


@pytest.mark.parametrize(
    ("iptables", "nft", "lost"),
    [
        (NAT + FORWARDED, "", []),
        ("", NFT, []),
        ("", "", ["peerlb-webapp"]),
        (FORWARDED, "", ["peerlb-webapp"]),
        (NAT + FILTER.format(""), "", ["peerlb-webapp"]),
        (NAT.replace("172.18", "172.118"), "", ["peerlb-webapp"]),
        (NAT.replace(":3000", ":30001"), "", ["peerlb-webapp"]),
        (None, None, []),
        (None, "", ["peerlb-webapp"]),
    ],
)
def test_container_to_which_no_rule_leads_is_named(iptables, nft, lost) -> None:
    texts = {"iptables-save": iptables, "nft": nft}

    def run(command):
        text = texts[command[0]]
        return (127, "", "no program") if text is None else (0, text, "")

    assert without_rules(run, [RECORD]) == lost


@pytest.mark.parametrize(
    "record",
    [
        {**RECORD, "State": {"Running": False}},
        {**RECORD, "NetworkSettings": {"Ports": {}, "Networks": {"host": {"IPAddress": ""}}}},
        {**RECORD, "NetworkSettings": None},
    ],
)
def test_container_that_publishes_nothing_needs_no_rule(record) -> None:
    assert without_rules(lambda _command: (0, "", ""), [record]) == []


@pytest.mark.parametrize(
    ("code", "text", "found"), [(0, '[{"Id": "1"}]', [{"Id": "1"}]), (0, "{", []), (1, "", [])]
)
def test_containers_are_those_that_the_engine_tells(code, text, found) -> None:
    answers = {"ps": (code, "1\n", ""), "inspect": (0, text, "")}
    assert containers(lambda command: answers[command[1]]) == found
