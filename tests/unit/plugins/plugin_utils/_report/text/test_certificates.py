# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.certificates import (
    certificate_lines,
    certificate_problems,
)


def told(**changes) -> dict:
    entry = {
        "name": "shop",
        "names": ["shop.example", "*.shop.example"],
        "source": "acme",
        "issuer": "CN=R11",
        "serial": "0A1B",
        "ends": "2027-02-26T10:15:00Z",
        "days_left": 60.2,
        "lifetime_days": 90.0,
        "used": True,
        "last_attempt": {},
        "error": "",
    }
    return {"certificates": [{**entry, **changes}]}


def test_line_of_a_certificate() -> None:
    attempt = {"attempted": "2027-01-01T10:00:00Z", "result": "failed", "message": "refused"}
    assert certificate_lines(told(last_attempt=attempt)) == [
        "certificate shop (acme): shop.example, *.shop.example; serial 0A1B of CN=R11; 60.2 days"
        " left, until 2027-02-26T10:15:00Z; last renewal 2027-01-01T10:00:00Z: failed: refused"
    ]
    assert certificate_lines(told(used=False))[0].endswith("; no listener uses it")
    assert "; EXPIRED, until" in certificate_lines(told(days_left=-1.0))[0]
    broken = {"certificates": [{"name": "shop", "used": True, "last_attempt": {}, "error": "gone"}]}
    assert certificate_lines(broken) == ["certificate shop: gone"]
    assert certificate_problems(broken) == ["certificate shop: gone; run the playbook nginx_lb"]
    assert certificate_lines({}) == certificate_problems({}) == []


@pytest.mark.parametrize(
    ("changes", "days", "words"),
    [
        ({}, None, ""),
        ({"days_left": 9.0}, None, ""),
        ({"days_left": 8.9}, None, "8.9 days are left, fewer than 9.0"),
        ({"days_left": 0.7, "lifetime_days": 6.0}, None, ""),
        ({}, 61.0, "60.2 days are left, fewer than 61.0"),
        ({"days_left": 8.9}, 0.0, ""),
        ({"days_left": 0.0}, 0.0, "certificate shop EXPIRED at 2027-02-26T10:15:00Z"),
        ({"days_left": -3.0, "used": False}, None, ""),
        ({"source": "placeholder"}, None, "no CA has issued it yet"),
    ],
)
def test_problems(changes, days, words) -> None:
    found = certificate_problems(told(**changes), days)
    assert bool(found) == bool(words)
    assert all(words in each for each in found)
