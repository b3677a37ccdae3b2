# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.privileges import (
    GLOBAL,
    PARTIAL,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.statements import (
    account_name,
    quoted,
    set_account,
    set_privileges,
)

SHOP = ("database", r"my\_shop", "")
ORDERS = ("table", "shop", "or`ders")
TOTAL = ("function", "shop", "total")


def test_text_is_quoted_for_sql() -> None:
    assert quoted('it\'s \\ "x"') == "'it''s \\\\ \"x\"'"
    assert account_name("o'neil", "10.0.0.0/255.0.0.0") == "'o''neil'@'10.0.0.0/255.0.0.0'"


def test_account_that_keeps_its_password_is_altered_without_one() -> None:
    assert set_account("'a'@'%'", True, None, {}) == (
        "ALTER USER 'a'@'%' REQUIRE NONE ACCOUNT UNLOCK ATTRIBUTE '{}';"
    )
    assert " IDENTIFIED WITH caching_sha2_password AS 0x2441 " in set_account("a", True, "$A", {})


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        ({SHOP: {"SELECT"}}, {SHOP: {"SELECT"}}, []),
        ({SHOP: {"SELECT", "DROP"}}, {SHOP: {"SELECT"}}, [r"GRANT DROP ON `my\_shop`.* TO a;"]),
        ({}, {SHOP: {"SELECT"}}, [r"REVOKE SELECT ON `my\_shop`.* FROM a;"]),
        (
            {ORDERS: {"SELECT(id)", "UPDATE"}},
            {TOTAL: {"EXECUTE", "GRANT"}},
            [
                "GRANT SELECT (`id`), UPDATE ON `shop`.`or``ders` TO a;",
                "REVOKE EXECUTE, GRANT OPTION ON FUNCTION `shop`.`total` FROM a;",
            ],
        ),
        (
            {GLOBAL: {"FILE", "BACKUP_ADMIN", "GRANT"}},
            {GLOBAL: {"FILE", "GRANT"}},
            ["GRANT BACKUP_ADMIN, FILE ON *.* TO a WITH GRANT OPTION;"],
        ),
        ({SHOP: {"GRANT"}}, {}, [r"GRANT USAGE ON `my\_shop`.* TO a WITH GRANT OPTION;"]),
        (
            {GLOBAL: {"FILE"}},
            {GLOBAL: {"FILE", PARTIAL}},
            ["REVOKE ALL PRIVILEGES, GRANT OPTION FROM a;", "GRANT FILE ON *.* TO a;"],
        ),
    ],
)
def test_privileges_are_granted_before_others_are_revoked(wanted, present, expected) -> None:
    frozen = [{s: frozenset(n) for s, n in each.items()} for each in (wanted, present)]
    assert set_privileges("a", *frozen, anew=False) == expected
