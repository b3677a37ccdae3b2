# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._database.server import (
    Account,
    read_server,
)

# Rows of a real MySQL 9.7.4, as the module mysql_query returns them.
ACCOUNTS = [
    {
        "name": "o'neil",
        "host": "%",
        "plugin": "caching_sha2_password",
        "authentication": "$A$005$x",
        "locked": 1,
        "tls": "ANY",
        "attribute": '{"managed_by": "peerlb.stack.mysql"}',
        "restricted": 0,
    },
    {
        "name": "root",
        "host": "localhost",
        "plugin": "caching_sha2_password",
        "authentication": "",
        "locked": 0,
        "tls": "",
        "attribute": '{"peerlb_stack": {"seeds": {"shop": {"state": "found"}}}}',
        "restricted": 1,
    },
]
GRANTS = [
    {
        "grantee": "'o'neil'@'%'",
        "kind": "global",
        "db": "",
        "object": "",
        "option": "NO",
        "names": '["USAGE"]',
    },
    {
        "grantee": "'o'neil'@'%'",
        "kind": "database",
        "db": "shop",
        "object": "",
        "option": "YES",
        "names": '["SELECT", "INSERT"]',
    },
]
ROUTINES = [
    {
        "grantee": "'o'neil'@'%'",
        "kind": "PROCEDURE",
        "db": "shop",
        "object": "P",
        "names": "Execute,Alter Routine",
    },
    {
        "grantee": "'o'neil'@'%'",
        "kind": "FUNCTION",
        "db": "shop",
        "object": "f",
        "names": "Execute,Grant",
    },
]
DATABASES = [{"name": "shop", "objects": 2, "folded": 0}]


def test_rows_become_accounts_with_their_grants() -> None:
    server = read_server([ACCOUNTS, GRANTS, ROUTINES, DATABASES])
    assert server.accounts["o'neil", "%"] == Account(
        name="o'neil",
        host="%",
        plugin="caching_sha2_password",
        authentication="$A$005$x",
        locked=True,
        tls="ANY",
        restricted=False,
        attributes={"managed_by": "peerlb.stack.mysql"},
        grants={
            ("database", "shop", ""): frozenset({"SELECT", "INSERT", "GRANT"}),
            ("procedure", "shop", "p"): frozenset({"EXECUTE", "ALTER ROUTINE"}),
            ("function", "shop", "f"): frozenset({"EXECUTE", "GRANT"}),
        },
    )
    assert server.accounts["o'neil", "%"].managed
    assert not server.root.managed
    assert server.root.restricted


def test_what_is_noted_stands_in_roots_attribute() -> None:
    assert read_server([ACCOUNTS, [], [], []]).noted == {"seeds": {"shop": {"state": "found"}}}
    assert read_server([[], [], [], []]).noted == {}


def test_names_of_databases_are_compared_as_the_server_compares_them() -> None:
    server = read_server([[], [], [], DATABASES])
    assert (server.objects("shop"), server.objects("Shop")) == (2, None)
    server = read_server([[], [], [], [{**DATABASES[0], "folded": 1}]])
    assert server.objects("Shop") == 2
