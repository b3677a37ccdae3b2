# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.acl import hash_of
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.change import (
    Change,
    Everything,
)
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.server import ACL_FILE, Server

SHOP = {"name": "shop", "password": "first"}


class FakeValkey:
    """A server that reads the file when it is told to, as Valkey does."""

    def __init__(self, root) -> None:
        self.root, self.rules, self.running, self.refuses = root, "", False, False
        self.server = Server(Engine(self.run), root, owner=os.geteuid())

    def run(self, command, **_options):
        if command[1] == "inspect":
            records = [{"State": {"Status": "running"}}] if self.running else []
            return int(not records), json.dumps(records), "" if records else "no such object"
        if command[-1].endswith("LIST"):
            return 0, self.rules, ""
        if self.refuses:
            return 0, "ERR Syntax error", ""
        self.rules = (self.root / ACL_FILE).read_text()
        return 0, "OK\n", ""

    def look(self, *declared, kept=None) -> Change:
        return Change.look(self.server, declared, Everything() if kept is None else kept)


@pytest.fixture
def valkey(tmp_path) -> FakeValkey:
    return FakeValkey(tmp_path)


def test_second_look_finds_nothing(valkey) -> None:
    first = valkey.look(SHOP)
    assert first.changed
    first.apply()
    assert not valkey.look(SHOP).changed
    valkey.running, valkey.rules = True, (valkey.root / ACL_FILE).read_text()
    assert not valkey.look(SHOP).changed


def test_account_that_was_made_in_the_running_server_goes(valkey) -> None:
    valkey.look(SHOP).apply()
    valkey.running = True
    valkey.rules = (valkey.root / ACL_FILE).read_text() + "user guest on nopass ~* &* +@all\n"
    change = valkey.look(SHOP)
    assert change.changed and "guest" in change.diff()["before"]
    change.apply()
    assert "guest" not in valkey.rules


def test_password_changes_without_an_account_that_is_refused_meanwhile(valkey) -> None:
    valkey.look(SHOP).apply()
    valkey.running, valkey.rules = True, (valkey.root / ACL_FILE).read_text()
    new = {**SHOP, "password": "second"}
    change = valkey.look(new)
    assert change.former() == ["shop"]
    change.apply()
    assert hash_of("first") in valkey.rules and hash_of("second") in valkey.rules
    assert not valkey.look(new).changed, "a former password stays until it is discarded"
    assert not valkey.look(new, kept={hash_of("first")}).changed, "a client still has it"
    valkey.look(new, kept={hash_of("second")}).apply()
    assert hash_of("first") not in valkey.rules and hash_of("second") in valkey.rules


def test_refused_file_is_put_back(valkey) -> None:
    valkey.look(SHOP).apply()
    valkey.running, valkey.rules = True, (valkey.root / ACL_FILE).read_text()
    valkey.refuses = True
    with pytest.raises(ServiceError):
        valkey.look({**SHOP, "password": "second"}).apply()
    assert (valkey.root / ACL_FILE).read_text() == valkey.rules


def test_diff_names_neither_passwords_nor_hashes(valkey) -> None:
    valkey.look(SHOP).apply()
    diff = valkey.look({**SHOP, "password": "second"}).diff()
    assert diff["before"] != diff["after"]
    for secret in ("first", "second"):
        assert secret not in str(diff) and hash_of(secret) not in str(diff)
    assert "peerlb-" not in str(diff)
