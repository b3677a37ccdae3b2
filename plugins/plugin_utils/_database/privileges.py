# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Privileges in one form, whether somebody wrote them or MySQL told them.

Grants are a mapping from a scope to the names of its privileges. A scope is (kind, database,
object):
("database", "shop", "") for shop.*, ("table", "shop", "orders"), ("function", "shop", "total"),
("global", "", "").
A privilege on one column is "SELECT(name)". The right to grant is "GRANT".
"""

from __future__ import annotations

import re
import typing as t

Scope = tuple[str, str, str]
Grants = dict[Scope, frozenset[str]]

GLOBAL: Scope = ("global", "", "")
OPTION = "GRANT"
PARTIAL = "GRANT of some"  # the account may grant some of the privileges of a scope to others
_TABLE = frozenset(
    [
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "CREATE",
        "DROP",
        "REFERENCES",
        "INDEX",
        "ALTER",
        "TRIGGER",
    ]
) | {"CREATE VIEW", "SHOW VIEW"}
_DATABASE = _TABLE | {
    "ALTER ROUTINE",
    "CREATE ROUTINE",
    "CREATE TEMPORARY TABLES",
    "EVENT",
    "EXECUTE",
    "LOCK TABLES",
}
_ROUTINE = frozenset({"EXECUTE", "ALTER ROUTINE"})
ALL = {"database": _DATABASE, "table": _TABLE, "function": _ROUTINE, "procedure": _ROUTINE}

_SYNONYMS = {"ALL PRIVILEGES": "ALL", "GRANT OPTION": OPTION}
_BETWEEN = re.compile(r",(?![^(]*\))")  # a comma that separates privileges, not columns
_PRIVILEGE = re.compile(r"([A-Z_]+(?: [A-Z_]+)*) ?(?:\(([^()]+)\))?", re.ASCII)
_IDENTIFIER = re.compile(r"(`?)([^`'\"/:]+)\1")
_ROUTINES = ("FUNCTION ", "PROCEDURE ")
# In GRANT, an unescaped "_" in the name of a database stands for any character.
_WILDCARD = re.compile(r"(?<!\\)_(?=.*\.\*$)")


def entries(privileges: t.Any) -> dict[str, str]:
    r"""Return privileges as a mapping: "my_app.*:ALL" is {"my\_app.*": "ALL"}.

    privileges: a mapping, or a string with "/" between its entries.
    ValueError: an entry of the string has no ":".
    """
    if not isinstance(privileges, t.Mapping):
        split = [each.strip().rpartition(":") for each in str(privileges).split("/")]
        for _what, colon, names in split:
            if not colon:
                raise ValueError(f'the entry "{names}" has no ":"; write "{names}:ALL"')
        privileges = {what: names for what, _colon, names in split}
    return {
        _WILDCARD.sub(r"\_", str(what).strip()): str(names) for what, names in privileges.items()
    }


def wanted_grants(written: t.Mapping[str, str], everything: frozenset[str]) -> Grants:
    """Return what somebody wrote, in the one form.

    written: as from `entries`; everything: the names that ALL on *.* stands for.
    ValueError: an entry has no certain meaning, or stands twice.
    """
    grants: Grants = {}
    for what, names in written.items():
        scope = _scope(what)
        if scope in grants:
            raise ValueError(f"{what} stands twice; write one entry")
        grants[scope] = _names(names, ALL.get(scope[0], everything))
    return _reduced(grants)


def _scope(what: str) -> Scope:
    routine = next((each for each in _ROUTINES if what.startswith(each)), "")
    parts = what.removeprefix(routine).rpartition(".")
    found = [_IDENTIFIER.fullmatch(part) for part in (parts[0], parts[2])]
    if not (found[0] and found[1]):
        raise ValueError(f'"{what}" is no DATABASE.* or DATABASE.TABLE')
    database, name = found[0][2], found[1][2]
    if routine and "*" not in (database, name):
        return (routine.strip().lower(), database, name.lower())
    if routine or (database == "*" and name != "*"):
        raise ValueError(f'"{what}" is no DATABASE.* or DATABASE.TABLE')
    if name != "*":
        return ("table", database, name)
    return GLOBAL if database == "*" else ("database", database, "")


def _names(written: str, everything: frozenset[str]) -> frozenset[str]:
    names: set[str] = set()
    for each in _BETWEEN.split(written):
        head, bracket, tail = each.partition("(")
        text = " ".join(head.upper().split()) + bracket + tail.strip()
        found = _PRIVILEGE.fullmatch(text)
        if not found:
            raise ValueError(f'"{each}" is no privilege')
        name = _SYNONYMS.get(found[1], found[1])
        if found[2]:
            names |= _columns(name, found[2])
        else:
            names |= everything if name == "ALL" else {name}
    return frozenset(names)


def _columns(name: str, written: str) -> set[str]:
    found = [_IDENTIFIER.fullmatch(column.strip()) for column in written.split(",")]
    if name in ("ALL", OPTION) or not all(found):
        raise ValueError(f'"{name}({written})" is no privilege on columns')
    return {f"{name}({each[2]})" for each in found if each}


def present_grants(rows: t.Iterable[tuple[Scope, t.Iterable[str], bool]]) -> Grants:
    """Return what MySQL told, in the one form. Rows of one scope are added up.

    rows: scope, names, and whether the account may grant them to others.
    """
    names_of: dict[Scope, set[str]] = {}
    options: dict[Scope, set[bool]] = {}
    for scope, names, option in rows:
        names_of.setdefault(scope, set()).update(names)
        if option or {*names} != {"USAGE"}:
            options.setdefault(scope, set()).add(option)
    grants = {}
    for scope, names in names_of.items():
        given = options.get(scope, {False})
        more = {PARTIAL} if len(given) == 2 else {OPTION} if True in given else set()
        grants[scope] = frozenset(names) | more
    return _reduced(grants)


def _reduced(grants: Grants) -> Grants:
    """Return grants without what gives nothing.

    That is USAGE, and columns of a table on which ALL is granted.
    """
    reduced = {}
    for scope, names in grants.items():
        kept = names - {"USAGE"}
        if scope[0] == "table" and kept >= _TABLE:
            kept &= _TABLE | {OPTION}
        if kept:
            reduced[scope] = kept
    return reduced


def sentences(wanted: Grants, present: Grants) -> list[str]:
    """Return where the two differ, such as ["lacks DELETE on shop.*", "has FILE on *.* in
    excess"]."""
    found = []
    for scope in sorted({*wanted, *present}):
        want, have = wanted.get(scope, frozenset()), present.get(scope, frozenset())
        if want - have:
            found.append(f"lacks {', '.join(sorted(want - have))} on {_written(scope)}")
        if have - want:
            found.append(f"has {', '.join(sorted(have - want))} on {_written(scope)} in excess")
    return found


def _written(scope: Scope) -> str:
    kind, database, name = scope
    routine = f"{kind} " if kind in ("function", "procedure") else ""
    return f"{routine}{database or '*'}.{name or '*'}"
