# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.change import (
    Client,
    UndecidedError,
    former_password,
    read_clients,
    sibling,
    still_in_use,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.password import stored_password
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.server import Account, Server

PLUGIN = "caching_sha2_password"
# MySQL's own salts hold any character but "$".
STORED = {
    each: stored_password(each, f"it's \\{each:_<14}") for each in ("old", "new", "other", "é%")
}


def account(password: str, retained: str = "", plugin: str = PLUGIN) -> Account:
    return Account("app", "%", plugin, STORED.get(password, password), STORED.get(retained, ""))


def clients(*passwords: str) -> list[Client]:
    return [Client("app", f"web{n}", each) for n, each in enumerate(passwords, 1)]


@pytest.mark.parametrize(
    ("present", "wanted", "used", "former"),
    [
        (account("old"), "new", None, "old"),
        (account("old"), "old", None, ""),
        (account("old"), "é%", None, "old"),
        # interrupted, and run again; or the former password is put back
        (account("new", "old"), "new", None, "old"),
        (account("new", "old"), "old", None, "new"),
        # a third password: what the clients use stays
        (account("new", "old"), "other", clients("old", "old"), "old"),
        (account("new", "old"), "other", clients("new", ""), "new"),
        (account("new", "old"), "other", clients(""), "new"),
        # nobody can have logged in
        (account(""), "new", None, ""),
        (account("$A$005$no digest"), "new", None, ""),
        (account("old", plugin="sha256_password"), "new", None, ""),
    ],
)
def test_password_that_clients_use_stays_valid(present, wanted, used, former) -> None:
    assert former_password(present, wanted, used) == STORED.get(former, "")


def test_clients_are_asked_only_where_a_change_was_not_completed() -> None:
    with pytest.raises(UndecidedError):
        former_password(account("new", "old"), "other", None)


@pytest.mark.parametrize("used", [clients("old", "new"), [], [Client("reader", "web1", "old")]])
def test_third_password_is_refused_where_it_could_lock_somebody_out(used) -> None:
    with pytest.raises(ValueError, match="app@%: the last change .* Put one of the two back"):
        former_password(account("new", "old"), "other", used)


def test_account_for_another_host_has_the_same_password() -> None:
    first, second = Account("app", "10.0.0.2"), Account("app", "10.0.0.9")
    server = Server({("app", "10.0.0.9"): second, ("app", "10.0.0.2"): first}, {})
    assert sibling(server, "app") is first
    assert sibling(server, "reader") is None


def test_hosts_that_log_in_with_the_former_password_are_named() -> None:
    used = [*clients("old", "new", ""), Client("reader", "web9", "old")]
    assert still_in_use("app", "new", used) == ["web1"]
    assert still_in_use("app", "new", None) == []


def test_clients_are_read_from_what_the_task_registered() -> None:
    item = {"user": "app", "host": "web1", "path": "/p"}
    results = [
        {"__mysql_item": item, "content": base64.b64encode("pä".encode()).decode()},
        {"__mysql_item": {**item, "host": "web2"}, "msg": "file not found"},
    ]
    assert read_clients(results) == [Client("app", "web1", "pä"), Client("app", "web2", "")]
    assert read_clients(None) is None
