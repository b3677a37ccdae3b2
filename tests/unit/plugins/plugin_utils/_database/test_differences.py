# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import hashlib
import json

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.change import Client
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.differences import differences
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.password import (
    salt_of,
    stored_password,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.privileges import ALL
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.server import read_server

APP = {
    "name": "app",
    "password": "p'ä",
    "hosts": ["10.0.0.0/255.255.0.0"],
    "privileges": {"my_shop.*": "ALL"},
}
HOST = APP["hosts"][0]
SHOP = {"name": "my_shop", "seed": "shop.sql"}
DIGEST = hashlib.sha256(b"hash").hexdigest()[:16]
GRANTEE = f"'app'@'{HOST}'"


def row(name: str, host: str, attribute: dict | None = None, **values) -> dict:
    """Return a row of the first query."""
    plain = {
        "plugin": "caching_sha2_password",
        "authentication": "",
        "locked": 0,
        "tls": "",
        "restricted": 0,
    }
    told = json.dumps(attribute) if attribute is not None else None
    return {"name": name, "host": host, "attribute": told, **plain, **values}


def grant(
    names: set[str],
    kind: str,
    db: str = "",
    thing: str = "",
    who: str = GRANTEE,
    option: str = "NO",
) -> dict:
    """Return a row of the second query."""
    told = json.dumps(sorted(names))
    return {
        "grantee": who,
        "kind": kind,
        "db": db,
        "object": thing,
        "names": told,
        "option": option,
    }


class Converged:
    """A server on which nothing differs, to be changed by a test."""

    def __init__(self) -> None:
        self.marks = {"password_file": DIGEST, "seeds": {"my_shop": {"state": "loaded"}}}
        stored = stored_password(APP["password"], salt_of("app", HOST, "db1"))
        self.app = row("app", HOST, {"managed_by": "peerlb.stack.mysql"}, authentication=stored)
        self.root = row("root", "localhost", {}, authentication="hash")
        self.others = [row("mysql.sys", "localhost"), row("backup", "localhost")]
        self.grants = [
            grant({"USAGE"}, "global"),
            grant(set(ALL["database"]), "database", r"my\_shop"),
            grant({"SELECT", "FILE"}, "global", who="'root'@'localhost'", option="YES"),
        ]
        self.routines: list[dict] = []
        self.objects = {"my_shop": 3, "mysql": 40}
        self.folded = 0
        self.users = [copy.deepcopy(APP)]
        self.databases = [SHOP, {"name": "mysql"}]
        self.clients: list[Client] | None = None

    def found(self):
        """Return what differs."""
        self.root["attribute"] = json.dumps({"peerlb_stack": self.marks, "other": 1})
        accounts = [each for each in (self.app, self.root, *self.others) if each]
        databases = [
            {"name": n, "objects": c, "folded": self.folded} for n, c in self.objects.items()
        ]
        server = read_server([accounts, self.grants, self.routines, databases])
        return differences(server, self.users, self.databases, "db1", self.clients)


@pytest.fixture
def server() -> Converged:
    return Converged()


def test_nothing_differs_on_a_converged_server(server) -> None:
    found = server.found().as_dict()
    assert not any(found.values()), found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"authentication": "$A$005$other"}, "its password differs"),
        ({"plugin": "sha256_password"}, "its plugin is sha256_password"),
        ({"attribute": None}, "its mark managed_by is missing"),
        ({"attribute": '{"managed_by": "x"}'}, "its mark managed_by is missing"),
        ({"locked": 1}, "it is locked"),
        ({"tls": "ANY"}, "it demands TLS"),
        ({"restricted": 1}, "it has partial revokes"),
    ],
)
def test_drift_of_an_account_is_found(server, change, reason) -> None:
    server.app.update(change)
    found = server.found()
    assert found.notes == [f"account app@{HOST}: {reason}"]
    [account] = found.accounts
    stored = stored_password(APP["password"], salt_of("app", HOST, "db1")).encode().hex()
    login = f" IDENTIFIED WITH caching_sha2_password AS 0x{stored}"
    renewed = {"authentication", "plugin"} & set(change)
    assert (account["name"], account["host"]) == ("app", HOST)
    assert account["sql"].startswith(
        f"ALTER USER 'app'@'{HOST}'{login if renewed else ''} REQUIRE NONE ACCOUNT UNLOCK"
        """ ATTRIBUTE '{"managed_by": "peerlb.stack.mysql"}';"""
    )
    assert ("REVOKE ALL" in account["sql"]) is ("restricted" in change)


OLD, OTHER = (stored_password(each, 20 * "s") for each in ("old", "other"))


def test_changed_password_leaves_the_former_one_valid(server) -> None:
    server.app["authentication"] = OLD
    found = server.found()
    assert " RETAIN CURRENT PASSWORD REQUIRE NONE" in found.accounts[0]["sql"]
    assert "its former password stays valid too" in found.kept[0]
    assert found.retained == []


def test_former_password_is_discarded_when_no_client_uses_it(server) -> None:
    server.app["retained"] = OLD
    server.clients = [Client("app", "web1", "old"), Client("app", "web2", APP["password"])]
    found = server.found()
    assert (found.notes, found.accounts, found.retained) == ([], [], [])
    assert found.kept == [
        f"account app@{HOST}: its former password stays valid, as hosts still log in with it: web1"
    ]
    server.clients[0] = Client("app", "web1", APP["password"])
    found = server.found()
    assert found.retained[0]["sql"] == f"ALTER USER 'app'@'{HOST}' DISCARD OLD PASSWORD;"
    server.users[0]["keep_former"] = True
    assert server.found().retained == []


def test_third_password_keeps_what_the_clients_use(server) -> None:
    server.app.update(authentication=OTHER, retained=OLD)
    assert server.found().undecided
    server.clients = [Client("app", "web1", "old")]
    assert "RETAIN" not in server.found().accounts[0]["sql"]  # MySQL keeps the oldest then
    server.clients = [Client("app", "web1", "other")]
    assert "RETAIN" in server.found().accounts[0]["sql"]
    server.clients = [Client("app", "web1", "other"), Client("app", "web2", "old")]
    with pytest.raises(ValueError, match="the last change of its password is not complete"):
        server.found()


def test_account_for_a_new_address_admits_the_former_password_too(server) -> None:
    server.app["authentication"] = OLD
    server.users[0]["hosts"] = ["10.0.0.2"]
    create, change, *_grants = server.found().accounts[0]["sql"].splitlines()
    assert create.startswith("CREATE USER 'app'@'10.0.0.2' IDENTIFIED WITH")
    assert f" AS 0x{OLD.encode().hex()} " in create
    assert change.startswith("ALTER USER 'app'@'10.0.0.2'")
    assert " RETAIN CURRENT PASSWORD " in change
    assert server.found().undeclared[0]["host"] == HOST


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (grant({"FILE"}, "global"), "has FILE on *.* in excess"),
        (
            grant({"USAGE"}, "database", r"my\_shop", option="YES"),
            r"has GRANT of some on my\_shop.* in excess",
        ),
        (grant({"SELECT"}, "database", "my_shop"), "has SELECT on my_shop.* in excess"),
        (grant({"SELECT(id)"}, "table", "my_shop", "t"), "has SELECT(id) on my_shop.t in excess"),
    ],
)
def test_drift_of_a_privilege_is_found(server, more, reason) -> None:
    server.grants.append(more)
    assert server.found().notes == [f"account app@{HOST}: {reason}"]


def test_removed_privilege_and_routine_are_found(server) -> None:
    server.grants[1] = grant(set(ALL["database"]) - {"DELETE"}, "database", r"my\_shop")
    server.routines.append(
        {
            "grantee": GRANTEE,
            "kind": "FUNCTION",
            "db": "my_shop",
            "object": "F",
            "names": "Execute,Grant",
        }
    )
    [note] = server.found().notes
    assert r"lacks DELETE on my\_shop.*" in note
    assert "has EXECUTE, GRANT on function my_shop.f in excess" in note


def test_privileges_without_a_certain_meaning_are_named(server) -> None:
    server.users[0]["privileges"] = {r"my_shop.*": "ALL", "`x``y`.*": "SELECT"}
    with pytest.raises(ValueError, match='privileges of app: "`x``y`.*" is no DATABASE'):
        server.found()


def test_all_on_everything_is_what_root_has(server) -> None:
    server.users[0]["privileges"] = "*.*:ALL"
    server.grants[:2] = [grant({"SELECT", "FILE", "OLD_ADMIN"}, "global")]
    assert server.found().notes == []
    server.grants[0] = grant({"SELECT"}, "global")
    assert server.found().notes == [f"account app@{HOST}: lacks FILE on *.*"]


def test_privileges_that_cannot_be_read_are_named(server) -> None:
    server.users[0]["privileges"] = "my_shop.*"
    with pytest.raises(ValueError, match='privileges of app: the entry "my_shop'):
        server.found()


def test_missing_account_is_created(server) -> None:
    server.app = None
    found = server.found()
    assert found.notes == [f"account app@{HOST}: is created"]
    create, grant_all = found.accounts[0]["sql"].splitlines()
    assert create.startswith(f"CREATE USER 'app'@'{HOST}' IDENTIFIED WITH caching_sha2_password")
    assert grant_all.startswith("GRANT ALTER, ")
    assert grant_all.endswith(rf" ON `my\_shop`.* TO 'app'@'{HOST}';")


def test_host_is_compared_in_small_letters(server) -> None:
    server.users[0]["hosts"] = ["LocalHost"]
    stored = stored_password(APP["password"], salt_of("app", "LocalHost", "db1"))
    server.app.update(host="localhost", authentication=stored)
    for each in server.grants[:2]:
        each["grantee"] = "'app'@'localhost'"
    assert server.found().notes == []


@pytest.mark.parametrize(
    ("present", "dropped"),
    [
        (row("app", "%"), True),
        (row("root", "%"), True),
        (row("", "localhost"), True),
        (row("old", "%", {"managed_by": "peerlb.stack.mysql"}), True),
        (row("backup", "%"), False),
        (row("mysql.session", "localhost"), False),
    ],
)
def test_accounts_that_are_not_declared_are_dropped(server, present, dropped) -> None:
    server.others.append(present)
    name, host = present["name"], present["host"]
    found = server.found()
    sql = f"DROP USER '{name}'@'{host}';"
    assert found.undeclared == ([{"name": name, "host": host, "sql": sql}] if dropped else [])
    assert bool(found.notes) is dropped


@pytest.mark.parametrize(
    ("objects", "marks", "expected"),
    [
        # objects of the database or None, its mark, (create, drop first, load, record)
        (None, {}, (True, False, True, False)),
        (None, {"state": "loaded"}, (True, False, True, False)),
        (None, {"state": "loading"}, (True, False, True, False)),
        (0, {}, (False, False, True, False)),
        (0, {"state": "loaded"}, (False, False, False, False)),
        (0, {"state": "found"}, (False, False, False, False)),
        (0, {"state": "loading"}, (True, True, True, False)),
        (3, {}, (False, False, False, True)),
        (3, {"state": "loaded"}, (False, False, False, False)),
        (3, {"state": "loading"}, (True, True, True, False)),
    ],
)
def test_seed_is_loaded_once(server, objects, marks, expected) -> None:
    server.marks["seeds"] = {"my_shop": marks} if marks else {}
    server.objects = {"mysql": 1, **({} if objects is None else {"my_shop": objects})}
    found = server.found()
    create, drop, load, record = expected
    assert found.databases == (["my_shop"] if create else [])
    assert found.half_loaded == (["my_shop"] if drop else [])
    assert found.seeds == ([SHOP] if load else [])
    taken = {"peerlb_stack": {"seeds": {"my_shop": {"state": "found"}}}}
    assert found.record == (taken if record else {})
    assert bool(found.notes) is any(expected)


def test_mark_of_the_former_version_means_half_loaded(server) -> None:
    server.objects["peerlb_seeding_my_shop"] = 0
    assert server.found().half_loaded == ["my_shop"]
    server.objects["peerlb_seeding_other"] = server.objects.pop("peerlb_seeding_my_shop")
    assert server.found().half_loaded == []


def test_half_loaded_database_that_somebody_may_have_written_to_needs_a_word(server) -> None:
    server.marks["seeds"] = {"my_shop": {"state": "loading", "exposed": True}}
    with pytest.raises(ValueError, match="database my_shop: .* Set reload: true"):
        server.found()
    server.databases[0] = {**SHOP, "reload": True}
    assert server.found().half_loaded == ["my_shop"]
    server.databases[0], server.objects["my_shop"] = SHOP, 0
    assert server.found().half_loaded == ["my_shop"]


@pytest.mark.parametrize(
    ("grants", "exposed"),
    [
        ([grant(set(ALL["database"]), "database", r"my\\_shop")], True),
        ([grant({"INSERT"}, "global")], True),
        ([grant({"SELECT"}, "global")], False),
        ([grant({"INSERT"}, "database", "other")], False),
        ([grant({"INSERT"}, "global", who="'root'@'localhost'")], False),
    ],
)
def test_database_that_is_loaded_while_an_account_may_write_to_it_is_known(
    server, grants, exposed
) -> None:
    server.marks["seeds"], server.objects["my_shop"], server.grants = {}, 0, grants
    assert server.found().exposed == (["my_shop"] if exposed else [])


def test_database_without_a_seed_is_only_created(server) -> None:
    server.databases = [{"name": "bare", "seed": ""}, {"name": "mysql"}]
    found = server.found()
    assert (found.databases, found.seeds, found.record) == (["bare"], [], {})


def test_server_that_folds_names_has_a_database_in_small_letters(server) -> None:
    server.databases, server.objects = [{"name": "Bare"}], {"bare": 0}
    assert server.found().databases == ["Bare"]
    server.folded = 1
    assert server.found().databases == []


@pytest.mark.parametrize("marks", [{}, {"password_file": "0" * 16}])
def test_file_of_roots_password_is_written_once_for_a_password(server, marks) -> None:
    server.marks = {"seeds": server.marks["seeds"], **marks}
    found = server.found()
    assert found.password_file
    assert found.record == {"peerlb_stack": {"password_file": DIGEST}}


def test_notes_hold_no_secret(server) -> None:
    server.app = None
    server.marks = {}
    assert not [note for note in server.found().notes if APP["password"] in note or "hash" in note]
