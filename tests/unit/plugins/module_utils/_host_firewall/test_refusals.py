# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._host_firewall.refusals import (
    is_trusted,
    problem,
)

USUAL = ["docker*", "br-*"]


@pytest.mark.parametrize(
    ("interface", "trusted"),
    [("docker0", True), ("br-1a2b", True), ("br0", False), ("eth0", False), ("xdocker0", False)],
)
def test_interface_names_are_compared_as_nftables_does(interface, trusted) -> None:
    assert is_trusted(interface, USUAL) is trusted


def test_name_without_a_star_is_one_interface() -> None:
    names = ["lan0", "lan", "la", "xzy"]
    assert [name for name in names if is_trusted(name, ["lan", "x.y"])] == ["lan"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, ""),
        ({"ways": []}, ""),
        ({"undo_after": 5}, ""),
        ({"rules": ""}, "firewall_rules is empty: the playbook firewall derives it"),
        ({"undo_after": 4}, "firewall_undo_after is less than 5 seconds, which is too short"),
        ({"trusted": "eth0"}, "firewall_trusted_interfaces is eth0, not a list."),
        (
            {"trusted": ["eth*"]},
            "firewall_trusted_interfaces lists eth0, which db1 uses for its default route: nothing",
        ),
    ],
)
def test_rules_that_filter_nothing_or_cannot_be_undone_are_refused(given, message) -> None:
    usual = {"rules": "x", "undo_after": 30, "trusted": USUAL, "ways": ["eth0"], "host": "db1"}
    reason = problem(**{**usual, **given})
    assert reason.startswith(message)
    assert bool(reason) is bool(message)
