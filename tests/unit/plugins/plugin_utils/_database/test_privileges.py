# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.privileges import (
    ALL,
    GLOBAL,
    entries,
    present_grants,
    sentences,
    wanted_grants,
)

SHOP = ("database", "shop", "")
ORDERS = ("table", "shop", "orders")
EVERYTHING = frozenset({"SELECT", "FILE", "BACKUP_ADMIN"})


@pytest.mark.parametrize(
    ("privileges", "expected"),
    [
        ({"app.*": "ALL"}, {"app.*": "ALL"}),
        ({"my_app.*": "SELECT,INSERT"}, {r"my\_app.*": "SELECT,INSERT"}),
        ({r"my\_app.*": "ALL"}, {r"my\_app.*": "ALL"}),
        ({"my_app.a_table": "SELECT"}, {"my_app.a_table": "SELECT"}),
        ("my_app.*:ALL/other.*:SELECT", {r"my\_app.*": "ALL", "other.*": "SELECT"}),
        (" a.*:ALL / b.*:SELECT", {"a.*": "ALL", "b.*": "SELECT"}),
    ],
)
def test_underscore_in_the_name_of_a_database_is_escaped(privileges, expected) -> None:
    assert entries(privileges) == expected


def test_entry_without_privileges_is_an_error() -> None:
    with pytest.raises(ValueError, match=r'"app\.\*" has no ":"; write "app\.\*:ALL"'):
        entries("app.*")


@pytest.mark.parametrize(
    ("what", "names", "scope", "expected"),
    [
        ("shop.*", "select, Insert", SHOP, {"SELECT", "INSERT"}),
        ("`shop`.*", "ALL", SHOP, ALL["database"]),
        ("shop.*", "ALL PRIVILEGES", SHOP, ALL["database"]),
        ("shop.*", "SELECT,GRANT", SHOP, {"SELECT", "GRANT"}),
        ("shop.*", "SELECT,GRANT OPTION", SHOP, {"SELECT", "GRANT"}),
        ("shop.*", "USAGE,GRANT", SHOP, {"GRANT"}),
        ("shop.*", "create  temporary tables", SHOP, {"CREATE TEMPORARY TABLES"}),
        ("shop.orders", "ALL", ORDERS, ALL["table"]),
        ("shop.orders", "ALL,SELECT (id)", ORDERS, ALL["table"]),
        (
            "shop.orders",
            "SELECT (id, `Name`),update(id),DELETE",
            ORDERS,
            {"SELECT(id)", "SELECT(Name)", "UPDATE(id)", "DELETE"},
        ),
        ("shop.orders", "SELECT,SELECT (id)", ORDERS, {"SELECT", "SELECT(id)"}),
        ("FUNCTION shop.Total", "EXECUTE", ("function", "shop", "total"), {"EXECUTE"}),
        ("PROCEDURE shop.p", "ALL", ("procedure", "shop", "p"), {"EXECUTE", "ALTER ROUTINE"}),
        ("*.*", "ALL", GLOBAL, EVERYTHING),
        ("*.*", "FILE", GLOBAL, {"FILE"}),
    ],
)
def test_written_privileges_have_one_form(what, names, scope, expected) -> None:
    assert wanted_grants({what: names}, EVERYTHING) == {scope: frozenset(expected)}


@pytest.mark.parametrize("names", ["USAGE", "usage"])
def test_usage_gives_nothing(names) -> None:
    assert wanted_grants({"*.*": names}, EVERYTHING) == {}


@pytest.mark.parametrize(
    "written",
    [
        {"shop": "ALL"},
        {"*.orders": "ALL"},
        {"FUNCTION shop.*": "EXECUTE"},
        {"sh`op.*": "ALL"},
        {"a/b.*": "ALL"},
        {"a:b.*": "ALL"},
        {"shop.*": ""},
        {"shop.*": "SELECT,"},
        {"shop.*": "['SELECT']"},
        {"shop.*": "SELECT/INSERT"},
        {"shop.orders": "ALL (id)"},
        {"shop.orders": "GRANT (id)"},
        {"shop.orders": "SELECT (id"},
        {"shop.orders": "SELECT (i'd)"},
        {"shop.*": "ALL", "`shop`.*": "SELECT"},
    ],
)
def test_what_has_no_certain_meaning_is_an_error(written) -> None:
    with pytest.raises(ValueError, match="is no |stands twice"):
        wanted_grants(written, EVERYTHING)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(GLOBAL, ["USAGE"], False)], {}),
        ([(SHOP, ["USAGE"], True)], {SHOP: {"GRANT"}}),
        ([(SHOP, ["SELECT"], True)], {SHOP: {"SELECT", "GRANT"}}),
        (
            [(ORDERS, ["SELECT"], False), (ORDERS, ["UPDATE(id)"], False)],
            {ORDERS: {"SELECT", "UPDATE(id)"}},
        ),
        (
            [(ORDERS, sorted(ALL["table"]), False), (ORDERS, ["SELECT(id)"], False)],
            {ORDERS: ALL["table"]},
        ),
        (
            [(GLOBAL, ["SELECT"], False), (GLOBAL, ["BACKUP_ADMIN"], True)],
            {GLOBAL: {"SELECT", "BACKUP_ADMIN", "GRANT of some"}},
        ),
        (
            [(GLOBAL, ["USAGE"], False), (GLOBAL, ["BACKUP_ADMIN"], True)],
            {GLOBAL: {"BACKUP_ADMIN", "GRANT"}},
        ),
    ],
)
def test_told_privileges_have_the_same_form(rows, expected) -> None:
    assert present_grants(rows) == {scope: frozenset(names) for scope, names in expected.items()}


def test_differences_are_sentences() -> None:
    wanted = {SHOP: frozenset({"SELECT", "DELETE"}), ORDERS: frozenset({"UPDATE(id)"})}
    routine = ("function", "shop", "f")
    present = {
        SHOP: frozenset({"SELECT"}),
        GLOBAL: frozenset({"FILE"}),
        routine: frozenset({"EXECUTE"}),
    }
    assert sentences(wanted, present) == [
        "lacks DELETE on shop.*",
        "has EXECUTE on function shop.f in excess",
        "has FILE on *.* in excess",
        "lacks UPDATE(id) on shop.orders",
    ]
    assert sentences(wanted, wanted) == []
