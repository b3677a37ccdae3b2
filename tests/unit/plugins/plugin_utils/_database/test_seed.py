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
        "SET @saved = @@GLOBAL.time_zone, @other = 1; SET SESSION sql_log_bin = 0;",
        "INSERT INTO t SELECT 'GRANT ALL'; CREATE TABLE grants (user INT); UPDATE t SET a = t.b;",
        "INSERT INTO shop.t VALUES (1); DROP TABLE IF EXISTS `shop`.`t`; DELETE FROM t;",
        "CREATE TABLE persist (a INT);\nALTER TABLE t ADD b INT;",
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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SET GLOBAL max_connections = 1;", "SET GLOBAL"),
        ("set /* x */ persist_only a = 1", "set /* x */ persist_only"),
        ("SELECT 1; SET a = 1, GLOBAL b = 2;", "SET a = 1, GLOBAL"),
        ("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';", "--set-gtid-purged=OFF"),
        ("CREATE USER a@b;", "CREATE USER"),
        ("/*!50013 DROP USER a@b */;", "DROP USER"),
        ("GRANT ALL ON *.* TO a;", "GRANT"),
        ("grant\n-- why\nselect on x to y", "grant"),
        ("REVOKE ALL ON *.* FROM a;", "REVOKE"),
        ("SET PASSWORD = 'x';", "SET PASSWORD"),
        ("INSTALL PLUGIN a SONAME 'b';", "INSTALL PLUGIN"),
        ("SHUTDOWN;", "SHUTDOWN"),
        ("\\! rm -rf /", "\\!"),
        ("source /etc/passwd", "source"),
        ("ALTER DATABASE other CHARACTER SET utf8mb4;", "settings of the database other"),
        ("DROP TABLE IF EXISTS other.t;", "a table of the database other"),
        ("INSERT IGNORE INTO `other`.`t` VALUES (1);", "a table of the database other"),
        ("CREATE TABLE mysql . x (a INT);", "a table of the database mysql"),
        ("UPDATE other.t SET a = 1;", "a table of the database other"),
        ("TRUNCATE TABLE other.t;", "a table of the database other"),
    ],
)
def test_seed_that_reaches_beyond_its_database_is_refused(text, problem) -> None:
    assert problem in seed_problem(text.encode(), "shop")
