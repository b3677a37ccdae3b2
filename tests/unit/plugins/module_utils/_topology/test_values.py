# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import (
    Host,
    TopologyError,
)

LB1 = Host("lb1", "vpc-lb", "10.0.0.2", public="198.51.100.2")
WEB1 = Host("web1", "vpc-web", "10.1.0.2")
CLIENT = Host("client", None, "203.0.113.10")


@pytest.mark.parametrize(
    ("target", "source", "address"),
    [
        (LB1, WEB1, "10.0.0.2"),
        (LB1, CLIENT, "198.51.100.2"),
        (WEB1, CLIENT, "10.1.0.2"),  # has no public address
    ],
)
def test_public_address_is_for_hosts_outside(target, source, address) -> None:
    assert target.seen_from(source) == address


def test_error_shows_each_problem_on_a_line() -> None:
    error = TopologyError(iter(["flow a: fails", "flow b: fails"]))
    assert error.problems == ("flow a: fails", "flow b: fails")
    assert str(error) == "flow a: fails\nflow b: fails"
