# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lives inside a MySQL server, as the query of the role mysql tells it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from .privileges import Grants, Scope, present_grants

Row = t.Mapping[str, t.Any]
# The accounts' attributes that are ours. What root's attribute says of the server stands under KEY.
OWNER = "peerlb.stack.mysql"
KEY = "peerlb_stack"
# Until the first release, a database with this prefix said that a seed was not loaded to its end.
FORMER_MARK = "peerlb_seeding_"


@dataclass(frozen=True)
class Account:
    """An account, with what a wanted account is compared with.

    authentication: what MySQL stores of its password; retained: of its former password, if that is
    valid as well; tls: what connections it demands, "" for any; restricted: it has partial revokes.
    """

    name: str
    host: str
    plugin: str = ""
    authentication: str = ""
    retained: str = ""
    locked: bool = False
    tls: str = ""
    restricted: bool = False
    attributes: t.Mapping[str, t.Any] = field(default_factory=dict)
    grants: Grants = field(default_factory=dict)

    @property
    def managed(self) -> bool:
        """Return whether the role made the account."""
        return self.attributes.get("managed_by") == OWNER


@dataclass(frozen=True)
class Server:
    """A server: its accounts by (name, host), and how much each database holds.

    databases: the number of tables, routines and events by name;
    folded: MySQL writes the names of databases in small letters.
    """

    accounts: t.Mapping[tuple[str, str], Account]
    databases: t.Mapping[str, int]
    folded: bool = False

    @property
    def root(self) -> Account:
        """Return the account that the role logs in with."""
        return self.accounts.get(("root", "localhost"), Account("root", "localhost"))

    @property
    def noted(self) -> t.Mapping[str, t.Any]:
        """Return what the role has noted of the server, in root's attribute."""
        return self.root.attributes.get(KEY) or {}

    def writers(self, database: str) -> list[str]:
        """Return the accounts, but for root and MySQL's own, that may write to a database."""
        return [
            f"{name}@{host}"
            for (name, host), account in sorted(self.accounts.items())
            if name != "root" and not name.startswith("mysql.")
            if any(_reaches(scope, names, database) for scope, names in account.grants.items())
        ]

    def objects(self, database: str) -> int | None:
        """Return how much a database holds, or None if it does not exist."""
        return self.databases.get(database.lower() if self.folded else database)


def read_server(result: t.Sequence[t.Sequence[Row]]) -> Server:
    """Return the server.

    result: `query_result` of the role's query: accounts, grants, grants on routines, databases.
    """
    accounts, grants, routines, databases = result
    by_grantee: dict[str, list] = {}
    for row in grants:
        scope = (row["kind"], row["db"] or "", row["object"] or "")
        names = json.loads(row["names"])
        by_grantee.setdefault(row["grantee"], []).append((scope, names, row["option"] == "YES"))
    for row in routines:
        by_grantee.setdefault(row["grantee"], []).append(_of_routine(row))
    return Server(
        {(row["name"], row["host"]): _account(row, by_grantee) for row in accounts},
        {row["name"]: int(row["objects"]) for row in databases},
        any(row["folded"] for row in databases),
    )


def _account(row: Row, by_grantee: t.Mapping[str, list]) -> Account:
    return Account(
        name=row["name"],
        host=row["host"],
        plugin=row["plugin"] or "",
        authentication=row["authentication"] or "",
        retained=row.get("retained") or "",
        locked=bool(row["locked"]),
        tls=row["tls"] or "",
        restricted=bool(row["restricted"]),
        attributes=json.loads(row["attribute"] or "{}"),
        grants=present_grants(by_grantee.get(f"'{row['name']}'@'{row['host']}'", ())),
    )


def _of_routine(row: Row) -> tuple[Scope, list[str], bool]:
    names = {name.upper() for name in row["names"].split(",") if name}
    scope = (row["kind"].lower(), row["db"], row["object"].lower())
    return scope, sorted(names - {"GRANT"}), "GRANT" in names


def _reaches(scope: Scope, names: frozenset[str], database: str) -> bool:
    """Tell whether privileges allow to write to a database. Its name may be a pattern of LIKE."""
    kind, pattern, _object = scope
    writing = {"INSERT", "UPDATE", "DELETE", "CREATE"} & {name.partition("(")[0] for name in names}
    if not writing or kind not in ("global", "database", "table"):
        return False
    plain = pattern.replace("\\", "")
    return kind == "global" or plain == database or "%" in pattern
