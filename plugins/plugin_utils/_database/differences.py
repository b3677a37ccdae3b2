# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a MySQL server differs from what is wanted of it."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass, field

from .change import Client, UndecidedError, former_password, sibling, still_in_use
from .password import salt_of, stored_password
from .privileges import GLOBAL, OPTION, Grants, entries, sentences, wanted_grants
from .server import FORMER_MARK, KEY, OWNER, Account, Server
from .statements import PLUGIN, account_name, discard_password, set_account, set_privileges

Wanted = t.Mapping[str, t.Any]
BOTH_VALID = (
    "its former password stays valid too, until webapp.yml or site.yml has renewed all web servers"
)


@dataclass
class Differences:
    """What has to be done. `notes` say so to people, without a secret; they are empty if nothing
    differs.

    databases: the names to create; half_loaded: the names to drop first, because the load of their
    seed was cut off;
    seeds: the databases of `mysql_databases` whose seed is to be loaded;
    accounts: those to create or to change, undeclared: those to drop; each as name, host and sql,
    the statements that do it;
    exposed: the names of those into which an account may write while their seed is loaded;
    retained: the accounts whose former password is valid too and is needed no more, like accounts;
    kept: sentences about those whose clients need it;
    undecided: the clients have to be asked which password they use;
    record: the attributes for root; password_file: whether root's password has to be written to its
    file.
    """

    databases: list[str] = field(default_factory=list)
    half_loaded: list[str] = field(default_factory=list)
    seeds: list[Wanted] = field(default_factory=list)
    accounts: list[dict[str, t.Any]] = field(default_factory=list)
    undeclared: list[dict[str, str]] = field(default_factory=list)
    exposed: list[str] = field(default_factory=list)
    retained: list[dict[str, str]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    undecided: bool = False
    record: dict[str, t.Any] = field(default_factory=dict)
    password_file: bool = False
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, t.Any]:
        """Return the fields by name."""
        return dict(vars(self))


def differences(
    server: Server,
    users: t.Sequence[Wanted],
    databases: t.Sequence[Wanted],
    hostname: str,
    clients: t.Sequence[Client] | None = None,
) -> Differences:
    """Return what differs.

    users, databases: as in mysql_users and mysql_databases; hostname: the server's name in the
    inventory; clients: from `read_clients`.
    ValueError: an account's privileges cannot be read, its password cannot be changed now, or a
    database cannot be loaded again without a word.
    """
    found = Differences()
    _compare_password_file(found, server)
    for database in databases:
        _compare_database(found, server, database)
    for user in users:
        for host in user["hosts"]:
            _compare_account(found, server, user, host, hostname, clients)
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
        _drop_half_loaded(found, server, database)
    if half or objects is None or not (objects or state):
        found.seeds.append(database)
        if server.writers(name):
            found.exposed.append(name)
        found.notes.append(f"database {name}: its seed is loaded")
    elif not state:
        marks = found.record.setdefault(KEY, {}).setdefault("seeds", {})
        marks[name] = {"state": "found"}
        found.notes.append(f"database {name}: is not empty, so its seed is recorded as loaded")


def _drop_half_loaded(found: Differences, server: Server, database: Wanted) -> None:
    _refuse_to_drop(server, database)
    found.half_loaded.append(database["name"])
    found.databases.append(database["name"])
    found.notes.append(
        f"database {database['name']}: is dropped and created, because the load of its seed was"
        " cut off"
    )


def _refuse_to_drop(server: Server, database: Wanted) -> None:
    """Raise a ValueError if somebody may have written to a database whose load was cut off."""
    name = database["name"]
    mark = (server.noted.get("seeds") or {}).get(name, {})
    if mark.get("exposed") and server.objects(name) and not database.get("reload"):
        raise ValueError(
            f"database {name}: the load of its seed was cut off, and an account may have written to"
            " it since. Set reload: true for it in mysql_databases to drop it with all that it"
            " holds and to load the seed again"
        )


def _compare_account(
    found: Differences,
    server: Server,
    user: Wanted,
    host: str,
    hostname: str,
    clients: t.Sequence[Client] | None,
) -> None:
    name, present = user["name"], server.accounts.get((user["name"], host.lower()))
    own = present or Account(name, host)
    stored = stored_password(user["password"], salt_of(name, host, hostname))
    wanted = _wanted_grants(user, own, server)
    reasons = _reasons(own, stored, wanted) if present else ["is created"]
    _compare_retained(found, own, user, stored, clients)
    if not reasons:
        return
    former = _former(found, present or sibling(server, name) or own, user, clients)
    both = former and own.authentication != stored
    found.kept += [f"account {name}@{host}: {BOTH_VALID}"] if both else []
    found.notes.append(f"account {name}@{host}: {'; '.join(reasons)}")
    sql = [
        *_set_password(own, present is not None, stored, former),
        *set_privileges(account_name(name, host), wanted, own.grants, own.restricted),
    ]
    found.accounts.append({"name": name, "host": host, "sql": "\n".join(sql)})


def _former(
    found: Differences, account: Account, user: Wanted, clients: t.Sequence[Client] | None
) -> str:
    """Return what MySQL stores of the password that stays valid beside the new one; "" if none."""
    try:
        return former_password(account, user["password"], clients)
    except UndecidedError:
        found.undecided = True
        return ""


def _set_password(own: Account, exists: bool, stored: str, former: str) -> list[str]:
    """Return the statements that set an account but for its privileges.

    stored: what MySQL shall store of the password; former: of the one that stays valid beside it.
    """
    account, attributes = account_name(own.name, own.host), {"managed_by": OWNER}
    if own.plugin == PLUGIN and own.authentication == stored:
        return [set_account(account, True, None, attributes)]
    if not exists and former:
        made = set_account(account, False, former, attributes)
        return [made, set_account(account, True, stored, attributes, retain=True)]
    retain = bool(former) and former == own.authentication
    return [set_account(account, exists, stored, attributes, retain)]


def _compare_retained(
    found: Differences,
    own: Account,
    user: Wanted,
    stored: str,
    clients: t.Sequence[Client] | None,
) -> None:
    """Find out whether a former password of an account can be discarded."""
    if not own.retained or own.authentication != stored or user.get("keep_former"):
        return
    hosts = still_in_use(own.name, user["password"], clients)
    if hosts:
        found.kept.append(
            f"account {own.name}@{own.host}: its former password stays valid, as hosts still log in"
            f" with it: {', '.join(hosts)}"
        )
        return
    sql = discard_password(account_name(own.name, own.host))
    found.retained.append({"name": own.name, "host": own.host, "sql": sql})


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


def _wanted_grants(user: Wanted, present: Account, server: Server) -> Grants:
    # Nobody can be granted more than root has, and ALL includes whatever else the account has.
    own, roots = (each.grants.get(GLOBAL, frozenset()) for each in (present, server.root))
    try:
        return wanted_grants(entries(user["privileges"]), (own | roots) - {OPTION})
    except ValueError as error:
        raise ValueError(f"mysql_users, privileges of {user['name']}: {error}") from error


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
