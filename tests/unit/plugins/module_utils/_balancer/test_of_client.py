# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.of_client import of_client

NOW = 1_000.0
BANS = [
    {"range": "203.0.113.0/24", "until": 1_500.0, "by": "ada", "reason": "scans"},
    {"range": "203.0.113.7", "until": 500.0, "by": "ada"},
    {"range": "198.51.100.1", "until": None, "source": "rule login"},
]
LISTS = {"/x.txt": {"203.0.113.7/32": {"until": None}, "203.0.113.8/32": {"until": 900.0}}}


@pytest.fixture
def root(tmp_path):
    """Return the directory of releases, with bans and a pool in maintenance."""
    closed = {"webapp": {"retry_after": 60, "by": "ada"}}
    (tmp_path / "bans.json").write_text(json.dumps({"bans": BANS}))
    (tmp_path / "lists.json").write_text(json.dumps(LISTS))
    (tmp_path / "maintenance.json").write_text(json.dumps({"maintenance": closed}))
    return tmp_path


@pytest.mark.parametrize(
    ("client", "sources"),
    [
        ("", []),
        ("192.0.2.1", []),
        ("198.51.100.1", ["rule login"]),
        ("203.0.113.7", ["operator", "list /x.txt"]),
        ("203.0.113.8", ["operator"]),
    ],
)
def test_bans_that_hold_the_client_now(root, client, sources) -> None:
    told = of_client(root, client, NOW)
    assert [each["source"] for each in told["bans"]] == sources
    assert told["maintenance"]["webapp"]["retry_after"] == 60


def test_where_nothing_is_banned_there_is_no_file(tmp_path) -> None:
    assert of_client(tmp_path, "203.0.113.7", NOW) == {"bans": [], "maintenance": {}}


def test_damaged_file_is_named(tmp_path) -> None:
    (tmp_path / "bans.json").write_text("{")
    with pytest.raises(ValueError, match="bans.json is damaged"):
        of_client(tmp_path, "", NOW)
    assert of_client(tmp_path, None, NOW) == {}


def test_file_that_cannot_be_read_is_named(tmp_path) -> None:
    (tmp_path / "bans.json").mkdir()
    with pytest.raises(ValueError, match=r"cannot read the bans: .*bans\.json"):
        of_client(tmp_path, "", NOW)
