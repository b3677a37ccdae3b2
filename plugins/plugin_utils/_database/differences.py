# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a MySQL server differs from what is wanted of it."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from .password import salt_of, stored_password
from .privileges import GLOBAL, OPTION, Grants, entries, sentences, wanted_grants
from .server import FORMER_MARK, KEY, OWNER, Account, Server
from .statements import PLUGIN, account_name, set_account, set_privileges

Wanted = t.Mapping[str, t.Any]


@dataclass
class Differences:
    """What has to be done. `notes` say so to people, without a secret; they are empty if nothing
    differs.

    databases: the names to create; half_loaded: the names to drop first, because the load of their
    seed was cut off;
    seeds: the databases of `mysql_databases` whose seed is to be loaded;
    accounts: those to create or to change, undeclared: those to drop; each as name, host and sql,
    the statements that do it;
    record: the attributes for root; password_file: whether root's password has to be written to its
    file.
    """

    databases: list[str] = field(default_factory=list)
    half_loaded: list[str] = field(default_factory=list)
    seeds: list[Wanted] = field(default_factory=list)
    accounts: list[dict[str, t.Any]] = field(default_factory=list)
    undeclared: list[dict[str, str]] = field(default_factory=list)
    record: dict[str, t.Any] = field(default_factory=dict)
    password_file: bool = False
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, t.Any]:
        """Return the fields by name."""
        return dict(vars(self))


def differences(
    server: Server, users: t.Sequence[Wanted], databases: t.Sequence[Wanted], hostname: str
) -> Differences:
    """Return what differs.

    users, databases: as in mysql_users and mysql_databases; hostname: the server's name in the
    inventory.
    ValueError: an account's privileges cannot be read.
    """
    found = Differences()
    _compare_password_file(found, server)
    for database in databases:
        _compare_database(found, server, database)
    for user in users:
        for host in user["hosts"]:
            _compare_account(found, server, user, host, hostname)
    _find_undeclared(found, server, users)
    return found


def _compare_password_file(found: Differences, server: Server) -> None:
    """Find out whether root's password was written to its file after it was set.

    A run may be cut off between the two. So root's attribute keeps a digest of the hash whose
    password the file holds.
    """
    digest = hashlib.sha256(server.root.authentication.encode()).hexdigest()[:16]
    if server.noted.get("password_file") != digest:
        found.password_file = True
        found.record.setdefault(KEY, {})["password_file"] = digest
        found.notes.append("root: its password is written to its file, and that is recorded")


def _compare_database(found: Differences, server: Server, database: Wanted) -> None:
    name = database["name"]
    objects = server.objects(name)
    if objects is None:
        found.databases.append(name)
        found.notes.append(f"database {name}: is created")
    if not database.get("seed"):
        return
    state = (server.noted.get("seeds") or {}).get(name, {}).get("state", "")
    half = state == "loading" or server.objects(FORMER_MARK + name) is not None
    if half and objects is not None:
        found.half_loaded.append(name)
        found.databases.append(name)
        found.notes.append(
            f"database {name}: is dropped and created, because the load of its seed was cut off"
        )
    if half or objects is None or not (objects or state):
        found.seeds.append(database)
        found.notes.append(f"database {name}: its seed is loaded")
    elif not state:
        marks = found.record.setdefault(KEY, {}).setdefault("seeds", {})
        marks[name] = {"state": "found"}
        found.notes.append(f"database {name}: is not empty, so its seed is recorded as loaded")


def _compare_account(
    found: Differences, server: Server, user: Wanted, host: str, hostname: str
) -> None:
    name = user["name"]
    present = server.accounts.get((name, host.lower()))
    own = present or Account(name, host)
    stored = stored_password(user["password"], salt_of(name, host, hostname))
    try:
        wanted = _wanted_grants(user["privileges"], own, server)
    except ValueError as error:
        raise ValueError(f"mysql_users, privileges of {name}: {error}") from error
    reasons = _reasons(own, stored, wanted) if present else ["is created"]
    if not reasons:
        return
    found.notes.append(f"account {name}@{host}: {'; '.join(reasons)}")
    account = account_name(name, host)
    kept = own.plugin == PLUGIN and own.authentication == stored
    sql = [
        set_account(account, bool(present), None if kept else stored, {"managed_by": OWNER}),
        *set_privileges(account, wanted, own.grants, own.restricted),
    ]
    found.accounts.append({"name": name, "host": host, "sql": "\n".join(sql)})


def _reasons(present: Account, stored: str, wanted: Grants) -> list[str]:
    """Return why an account is changed, for people."""
    checks = {
        f"its plugin is {present.plugin}": present.plugin != PLUGIN,
        "its password differs": present.plugin == PLUGIN and present.authentication != stored,
        "its mark managed_by is missing": not present.managed,
        "it is locked": present.locked,
        "it demands TLS": bool(present.tls),
        "it has partial revokes": present.restricted,
    }
    reasons = [reason for reason, differs in checks.items() if differs]
    return reasons + sentences(wanted, present.grants)


def _wanted_grants(privileges: t.Any, present: Account, server: Server) -> Grants:
    # Nobody can be granted more than root has, and ALL includes whatever else the account has.
    own, roots = (each.grants.get(GLOBAL, frozenset()) for each in (present, server.root))
    return wanted_grants(entries(privileges), (own | roots) - {OPTION})


def _find_undeclared(found: Differences, server: Server, users: t.Sequence[Wanted]) -> None:
    """Find undeclared accounts that the role made, or that have the name of a listed user."""
    names = {"", "root", *(user["name"] for user in users)}
    declared = {(user["name"], host.lower()) for user in users for host in user["hosts"]}
    for (name, host), account in server.accounts.items():
        if (name, host) in declared | {("root", "localhost")}:
            continue
        if account.managed or name in names:
            drop = f"DROP USER {account_name(name, host)};"
            found.undeclared.append({"name": name, "host": host, "sql": drop})
            found.notes.append(f"account {name}@{host}: is dropped, because it is not declared")
