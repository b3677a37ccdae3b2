# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans.change import (
    ban,
    ban_lines,
    close,
    lift,
    maintenance_lines,
    open_again,
)
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import Ban, BanError
from ansible_collections.peerlb.stack.plugins.module_utils._bans.maintenance import Maintenance
from ansible_collections.peerlb.stack.plugins.module_utils._bans.protected import Protected
from ansible_collections.peerlb.stack.plugins.module_utils._bans.truth import Truth

NOW = 1767261600.0
NOTE = {"by": "ada", "login": "ubuntu", "at": "2026-01-01T10:00:00Z", "reason": "scans"}
CLIENT = ipaddress.IPv4Network("203.0.113.7/32")
NET = ipaddress.IPv4Network("203.0.113.0/24")
MEMBER = ipaddress.IPv4Network("10.1.0.2/32")
PROTECTED = Protected(((MEMBER, "the member web1"),))


def test_ban_is_signed_and_noted() -> None:
    truth = ban(Truth(), [CLIENT], NOW, NOTE, PROTECTED)
    assert truth.bans == (Ban("203.0.113.7/32", NOW, "scans", "ada", "ubuntu", NOTE["at"]),)
    change = "203.0.113.7 is banned until 2026-01-01T10:00:00Z"
    assert truth.ban_changes == ({**NOTE, "change": change},)
    assert ban_lines(truth) == [truth.bans[0].sentence()]


def test_same_ban_again_is_no_change_and_another_end_is_one() -> None:
    truth = ban(Truth(), [CLIENT], NOW, NOTE, PROTECTED)
    assert ban(truth, [CLIENT], NOW + 59, {**NOTE, "by": "bob"}, PROTECTED) is truth
    longer = ban(truth, [CLIENT], NOW + 61, NOTE, PROTECTED)
    assert [each.until for each in longer.bans] == [NOW + 61]
    ever = ban(truth, [CLIENT], None, NOTE, PROTECTED)
    assert [each.until for each in ever.bans] == [None]
    assert ban(ever, [CLIENT], None, NOTE, PROTECTED) is ever
    assert ban(ever, [CLIENT], NOW, NOTE, PROTECTED).bans == truth.bans


def test_operator_takes_over_the_ban_of_a_rule() -> None:
    truth = Truth((Ban(str(CLIENT), NOW, source="rule login"),))
    assert ban(truth, [CLIENT], NOW, NOTE, PROTECTED).bans[0].source == "operator"


def test_every_range_that_must_not_be_banned_is_named() -> None:
    with pytest.raises(BanError) as caught:
        wide = ipaddress.IPv4Network("10.1.0.0/24")
        ban(Truth(), [CLIENT, MEMBER, wide], NOW, NOTE, PROTECTED)
    assert str(caught.value) == (
        "10.1.0.2 must not be banned: it has 10.1.0.2 (the member web1);"
        " 10.1.0.0/24 must not be banned: it has 10.1.0.2 (the member web1)"
    )


def test_ban_is_lifted_and_noted() -> None:
    truth = ban(Truth(), [CLIENT], NOW, NOTE, PROTECTED)
    lifted = lift(truth, [CLIENT], NOTE)
    assert lifted.bans == ()
    assert lifted.ban_changes[-1]["change"] == "203.0.113.7 is banned no more"
    assert lift(lifted, [CLIENT], NOTE) is lifted


def test_client_that_stays_banned_is_refused_in_words() -> None:
    truth = ban(Truth(), [NET, CLIENT], NOW, NOTE, PROTECTED)
    with pytest.raises(
        BanError, match="stays banned, by 203.0.113.0/24 .*: unblock 203.0.113.0/24"
    ):
        lift(truth, [CLIENT], NOTE)
    assert lift(truth, [CLIENT, NET], NOTE).bans == ()
    with pytest.raises(BanError, match="203.0.113.0/24 stays banned, by 203.0.113.7"):
        lift(truth, [NET], NOTE)
    listed = Truth(lists={"/a.txt": {"203.0.113.7/32": {"until": None}}})
    with pytest.raises(BanError, match="by the list /a.txt: take 203.0.113.7/32 out of it"):
        lift(listed, [CLIENT], NOTE)


def test_maintenance_begins_changes_and_ends() -> None:
    begun = close(Truth(), "webapp", Maintenance(60), NOTE)
    assert begun.maintenance["webapp"].by == "ada"
    assert close(begun, "webapp", Maintenance(60), {**NOTE, "by": "bob"}) is begun
    changed = close(begun, "webapp", Maintenance(30), NOTE)
    assert changed.maintenance["webapp"].retry_after == 30
    assert maintenance_lines(changed) == [changed.maintenance["webapp"].sentence("webapp")]
    ended = open_again(changed, "webapp", NOTE)
    assert ended.maintenance == {}
    assert open_again(ended, "webapp", NOTE) is ended
    changes = [each["change"] for each in ended.maintenance_changes]
    begins, ends = "pool webapp is in maintenance", "pool webapp is in maintenance no more"
    assert changes == [begins, begins, ends]


def test_end_of_all_ends_every_maintenance() -> None:
    truth = close(close(Truth(), "webapp", Maintenance(), NOTE), "all", Maintenance(), NOTE)
    assert set(open_again(truth, "webapp", NOTE).maintenance) == {"all"}
    assert open_again(truth, "all", NOTE).maintenance == {}
