# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.seed import seed_problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CREATE TABLE t (a INT);",
        "USE shop;\nuse `shop`\nCREATE TABLE t (a INT);",
        "-- USE b;\n# DROP DATABASE x;\n/* CREATE DATABASE y; */ SELECT 1;",
        "INSERT INTO t VALUES ('USE d; ''; DROP DATABASE y;', \"\\\"; USE z;\", '\\'; USE z');",
        "CREATE TABLE `a;USE b` (c INT);",
        "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; DROP DATABASE q; END$$\nDELIMITER ;\n",
        "ALTER DATABASE shop CHARACTER SET utf8mb4;",
        "SELECT 'not closed; USE b",
        "CREATE TABLE databases (useful INT); DROP TABLE IF EXISTS schema_of;",
        "SELECT 5--1; SELECT 4/2;",
        "/*!40101 SET NAMES utf8mb4 */;",
    ],
)
def test_seed_that_stays_in_its_database_is_good(text) -> None:
    assert seed_problem(text.encode(), "shop") == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("USE other;", "changes to the database other"),
        ("SELECT 1;use `other`", "changes to the database other"),
        ("\\u other\n", "changes to the database other"),
        ("use shop\ncreate database b;", "CREATE DATABASE"),
        ("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;", "CREATE DATABASE"),
        ("/*!40000 DROP DATABASE IF EXISTS `shop`*/;", "DROP DATABASE"),
        ("drop\n-- why\nschema b", "DROP DATABASE"),
        ("DELIMITER ;;\nCREATE PROCEDURE p() SELECT 1;;\nDELIMITER ;\nUSE x", "database x"),
        ("DELIMITER //\nSELECT 4/2// USE b //", "database b"),
        ("SELECT 5-1; USE b;", "database b"),
        ("SELECT 'a'';', \"b\"\";\"; USE b;", "database b"),
    ],
)
def test_seed_that_leaves_its_database_is_refused_with_help(text, problem) -> None:
    found = seed_problem(text.encode(), "shop")
    assert problem in found
    assert "make the dump without that option" in found


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"BZh91AY", "packed with bzip2"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"(\xb5/\xfd", "packed with zstd"),
        (b"PK\x03\x04", "packed with zip"),
        (b"S\x00E\x00L", "no text"),
        (b"/*!999999\\- enable the sandbox mode */ \n", "dump of MariaDB"),
    ],
)
def test_seed_that_mysql_cannot_read_is_refused(data, problem) -> None:
    assert problem in seed_problem(data, "shop")
