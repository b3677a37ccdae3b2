# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import BanError
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import (
    RETRY_AFTER,
    Maintenance,
    parse_retry_after,
)


def test_entry_is_read_as_it_was_written() -> None:
    closed = Maintenance(60, ("192.0.2.0/24",), "schema", "ada", "ubuntu", "2026-01-01T10:00:00Z")
    assert Maintenance.parse(closed.params()) == closed
    assert Maintenance.parse({}) == Maintenance()


@pytest.mark.parametrize("entry", [{"retry_after": 45}, {"allow": ["x"]}, {"wrong": 1}, []])
def test_damaged_entry_is_refused(entry) -> None:
    with pytest.raises(ValueError, match="retry_after|address|wrong|mapping"):
        Maintenance.parse(entry)


def test_retry_after_is_one_of_those_that_nginx_can_tell() -> None:
    assert [parse_retry_after(each) for each in RETRY_AFTER] == list(RETRY_AFTER)
    assert parse_retry_after("300") == 300
    for wrong in (45, 0, True, "soon"):
        with pytest.raises(BanError, match="not one of 10, 30, 60"):
            parse_retry_after(wrong)


def test_who_set_it_makes_no_difference_to_clients() -> None:
    closed = Maintenance(60, ("192.0.2.0/24", "192.0.2.1/32"), by="ada")
    assert closed.means(Maintenance(60, ("192.0.2.1/32", "192.0.2.0/24"), by="bob"))
    assert not closed.means(Maintenance(30, closed.allow))
    assert not closed.means(Maintenance(60))
    assert not closed.means(None)


def test_words() -> None:
    closed = Maintenance(60, ("192.0.2.0/24",), "schema", "ada", "", "2026-01-01T10:00:00Z")
    assert closed.sentence("webapp") == (
        "pool webapp is in maintenance since 2026-01-01T10:00:00Z, set by ada (because: schema),"
        " but not for 192.0.2.0/24"
    )
    assert closed.sentence("all").startswith("all that is served is in maintenance since")
    assert str(closed.networks[0]) == "192.0.2.0/24"
