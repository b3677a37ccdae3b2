# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._host_firewall.firewall import (
    File,
    Firewall,
    FirewallError,
    State,
)

WANTED = State({"/rules": File("x\n", 0o600)}, True, True, True, True)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({}, []),
        ({"files": {"/rules": File(None, 0o600)}}, ["/rules"]),
        ({"files": {"/rules": File("x\n", 0o644)}}, ["/rules"]),
        ({"directory": False}, ["the firewall"]),
        ({"live": False}, ["the firewall"]),
        ({"running": False}, ["the firewall"]),
        ({"enabled": False}, ["the firewall"]),
    ],
)
def test_each_difference_is_in_the_diff(change, shown) -> None:
    found = replace(WANTED, **change).diff(WANTED)
    assert [each["before_header"] for each in found] == shown


@pytest.mark.parametrize(
    ("answer", "ways"),
    [([{"dev": "eth0"}, {"dev": "eth1"}], ["eth0", "eth1"]), ([{"nexthops": []}], []), ([], [])],
)
def test_interfaces_of_the_default_route(tmp_path, answer, ways) -> None:
    firewall = Firewall(lambda _command: (0, json.dumps(answer), ""), tmp_path, {})
    assert firewall.ways() == ways


def test_route_that_cannot_be_read_is_an_error(tmp_path) -> None:
    with pytest.raises(FirewallError, match="cannot read the default route: no"):
        Firewall(lambda _command: (1, "", "no\n"), tmp_path, {}).ways()


@pytest.mark.parametrize(
    ("answer", "table"),
    [((0, "table inet peerlb {\n}\n", ""), "table inet peerlb {\n}"), ((1, "", "No"), ""),
     ((127, "", "no nft"), None)],
)  # fmt: skip
def test_table_as_nft_lists_it(tmp_path, answer, table) -> None:
    assert Firewall(lambda _command: answer, tmp_path, {}).lists() == table
