# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL that makes an account what is wanted. It holds digests of passwords, and no password.

Text is quoted for a session whose sql_mode is empty, as the sessions of the role mysql are.
"""

from __future__ import annotations

import json
import typing as t

from .privileges import GLOBAL, OPTION, PARTIAL, Grants, Scope

PLUGIN = "caching_sha2_password"


def quoted(text: str) -> str:
    r"""Return a string of SQL: "it's" becomes "'it''s'"."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def account_name(name: str, host: str) -> str:
    """Return how SQL names an account: "'app'@'%'"."""
    return f"{quoted(name)}@{quoted(host)}"


def set_account(
    account: str,
    exists: bool,
    stored: str | None,
    attributes: t.Mapping[str, t.Any],
    retain: bool = False,
) -> str:
    """Return the statement that creates or alters an account, without privileges.

    account: from `account_name`; stored: from `stored_password`, or None to keep the password;
    retain: the present password stays valid beside it, and one that was retained before does not.
    """
    verb = "ALTER" if exists else "CREATE"
    login = f" IDENTIFIED WITH {PLUGIN} AS 0x{stored.encode().hex()}" if stored else ""
    login += " RETAIN CURRENT PASSWORD" if retain else ""
    note = quoted(json.dumps(attributes))
    return f"{verb} USER {account}{login} REQUIRE NONE ACCOUNT UNLOCK ATTRIBUTE {note};"


def discard_password(account: str) -> str:
    """Return the statement after which the former password of an account is valid no more."""
    return f"ALTER USER {account} DISCARD OLD PASSWORD;"


def set_privileges(account: str, wanted: Grants, present: Grants, anew: bool) -> list[str]:
    """Return the statements that give an account what it lacks, then take what it has in excess.

    anew: take everything first, because the account has restrictions.
    """
    found = []
    if anew or any(PARTIAL in names for names in present.values()):
        found.append(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account};")
        present = {}
    for scope in sorted(wanted):
        want, have = wanted[scope], present.get(scope, frozenset())
        if want - have:
            # Each dynamic privilege, such as BACKUP_ADMIN, has an option of its own.
            more = want if OPTION in want else want - have
            option = " WITH GRANT OPTION" if OPTION in want else ""
            found.append(f"GRANT {_names(more - {OPTION})} ON {_on(scope)} TO {account}{option};")
    for scope in sorted(present):
        excess = present[scope] - wanted.get(scope, frozenset())
        if excess:
            found.append(f"REVOKE {_names(excess)} ON {_on(scope)} FROM {account};")
    return found


def _names(names: frozenset[str]) -> str:
    """Return privileges as SQL: {"GRANT", "SELECT(id)"} becomes "GRANT OPTION, SELECT (`id`)"."""
    written = []
    for name in sorted(names):
        head, bracket, column = name.removesuffix(")").partition("(")
        head = "GRANT OPTION" if head == OPTION else head
        written.append(f"{head} ({_identifier(column)})" if bracket else head)
    return ", ".join(written) or "USAGE"


def _on(scope: Scope) -> str:
    if scope == GLOBAL:
        return "*.*"
    kind, database, name = scope
    routine = "" if kind in ("database", "table") else f"{kind.upper()} "
    return f"{routine}{_identifier(database)}.{_identifier(name) if name else '*'}"


def _identifier(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"
