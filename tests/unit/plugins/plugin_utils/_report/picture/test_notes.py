# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.picture.notes import (
    lasting,
    notes_of,
)
from support import report_samples

SHOP = {"name": "shop", "source": "acme", "days_left": 89.4, "error": ""}


def notes(**changes: object) -> list[str]:
    (edge,) = report_samples.edge()["edge"]
    return list(notes_of([{**edge, **changes}])["lb1"])


def test_notes_are_short_and_begin_with_what_keeps_clients_out() -> None:
    assert notes() == [
        "maintenance: webapp-next",
        "TLS: shop, 89 days",
        "URL map: 6 routes",
        "gatekeeper: 2 rules",
        "bans: 2 ranges",
        "WAF: running",
    ]


def test_what_is_not_declared_is_not_noted() -> None:
    nothing = {"maintenance": [], "certificates": [], "routes": [], "rules": [], "banned": 0}
    assert notes(**nothing, waf={}) == []


@pytest.mark.parametrize(
    ("pools", "words"), [(["all", "x"], "all"), (["x"], "x"), (["x", "y"], "2 pools")]
)
def test_maintenance_of_several_pools(pools, words) -> None:
    assert notes(maintenance=pools)[0] == f"maintenance: {words}"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"days_left": 12.9}, "2 certs, 12 days"),
        ({"days_left": -1}, "2 certs, expired"),
        ({"source": "placeholder"}, "2 certs, placeholder"),
        ({"days_left": 200}, "2 certs, 89 days"),
    ],
)
def test_the_certificate_that_ends_first_counts(other, words) -> None:
    assert notes(certificates=[SHOP, {**SHOP, **other}])[1] == f"TLS: {words}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "89 days"),
        ({"days_left": 1.2}, "1 day"),
        ({"days_left": None}, "unreadable"),
        ({"error": "no certificate in it"}, "unreadable"),
    ],
)
def test_how_long_a_certificate_lasts(changes, words) -> None:
    assert lasting({**SHOP, **changes}) == words


def test_rules_that_are_only_counted_make_no_gatekeeper() -> None:
    gone = {"name": "old", "action": "", "preview": False, "did": {"deny": 1}, "would": {}}
    assert not any("gatekeeper" in note for note in notes(rules=[gone]))
