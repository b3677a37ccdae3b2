# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.acl import own_accounts
from ansible_collections.peerlb.stack.plugins.module_utils._valkey.server import (
    ACL_FILE,
    ADMIN_PASSWORD,
    UNMADE,
    Server,
)


@pytest.fixture
def ran() -> list[tuple[list[str], dict]]:
    """The commands that were run, with their options."""
    return []


@pytest.fixture
def server(tmp_path, ran):
    """Return a function: a server whose container says these words to each command for accounts."""

    def make(told: str = "OK", code: int = 0, status: str = "running") -> Server:
        def run(command, **options):
            ran.append((command, options))
            if command[1] == "inspect":
                return 0, json.dumps([{"State": {"Status": status}}]), ""
            return (code, told, "") if command[1] == "exec" else (0, "", "")

        return Server(Engine(run), tmp_path, owner=os.geteuid())

    return make


def test_password_is_in_no_list_of_processes(server, ran) -> None:
    valkey = server()
    valkey.place().make()
    valkey.load()
    password = valkey.password(ADMIN_PASSWORD)
    assert len(password) == 40
    for command, options in ran:
        assert password not in str(command)
        assert options == {"data": password}


def test_file_of_accounts_is_for_its_owner_alone(server, tmp_path) -> None:
    valkey = server()
    valkey.place().make()
    for accounts in (own_accounts("a", "b"), own_accounts("c", "d")):
        valkey.write(accounts)
        assert valkey.on_disk() == accounts
        assert stat.S_IMODE((tmp_path / ACL_FILE).stat().st_mode) == 0o600
    names = {path.name for path in (tmp_path / ACL_FILE).parent.iterdir()}
    assert names == {"users.acl", "health_password"}


def test_nothing_is_known_before_the_first_run(server) -> None:
    assert server().on_disk() == {}
    assert server().password(ADMIN_PASSWORD) == UNMADE
    assert server(status="exited").live() is None


def test_server_that_does_not_know_our_account_has_none_that_is_wanted(server) -> None:
    assert server("NOAUTH Authentication required.").live() == {}


def test_refused_file_is_an_error_with_the_servers_words(server) -> None:
    with pytest.raises(ServiceError, match="does not take its accounts: ERR .*Syntax error"):
        server("ERR users.acl:1: Syntax error").load()


def test_server_that_does_not_know_our_account_starts_anew(server, ran) -> None:
    server("AUTH failed: WRONGPASS invalid").load()
    assert ran[-1][0] == ["docker", "restart", "peerlb-valkey"]
