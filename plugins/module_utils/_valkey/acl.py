# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts of Valkey, and the lines of its ACL file. No Ansible, no input or output."""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass, replace

DEFAULT = "default"  # whoever has not logged in; it is off
ADMIN = "peerlb-admin"  # by which accounts are changed in a running server
HEALTH = "peerlb-health"  # by which the container's health check asks
RESERVED = (DEFAULT, ADMIN, HEALTH)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
KEYS = re.compile(r"[!-~]+")
COMMAND = re.compile(r"[+-]@?[a-z0-9_|.-]+")
# What carts and sessions need of their own keys, and nothing that scripts, blocks, endangers the
# server or shows keys of others. The last rule that matches wins.
COMMANDS = (
    *("+@read", "+@write", "+@transaction", "+@connection"),
    *("-@dangerous", "-@blocking", "-scan", "-randomkey", "-dbsize"),
)
SHA256 = re.compile(r"[0-9a-f]{64}")


class AclError(ValueError):
    """Accounts make no sense. The text has a line for each problem, and no password."""


@dataclass(frozen=True)
class Account:
    """An account. hashes: the SHA-256 of each valid password; without one it is off.

    keys: patterns of the keys that it may use; commands: rules such as "+@read", the last one wins.
    """

    name: str
    hashes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the line of the ACL file. What no rule allows is refused, channels too."""
        words = ["user", self.name, "on" if self.hashes else "off"]
        words += [f"#{each}" for each in sorted(self.hashes)]
        words += [f"~{pattern}" for pattern in self.keys]
        return " ".join([*words, "resetchannels", "-@all", *self.commands])


Accounts = t.Mapping[str, Account]


def hash_of(password: str) -> str:
    """Return a password's SHA-256, the only form in which Valkey's file keeps it."""
    return hashlib.sha256(password.encode()).hexdigest()


def own_accounts(admin: str, health: str) -> dict[str, Account]:
    """Return the accounts that every server has, by these two passwords; nobody else logs in."""
    return {
        DEFAULT: Account(DEFAULT),
        ADMIN: Account(ADMIN, (hash_of(admin),), (), ("+acl|load", "+acl|list")),
        HEALTH: Account(HEALTH, (hash_of(health),), (), ("+ping",)),
    }


def read_accounts(declared: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, Account]:
    """Return the declared accounts by name. An AclError names everything that is wrong."""
    problems: list[str] = []
    found: dict[str, Account] = {}
    for entry in declared:
        name = entry["name"]
        problems += [f"account {name}: {problem}" for problem in _problems(entry)]
        if name in found:
            problems.append(f"account {name}: is declared twice, and an account has one password")
        keys = tuple(entry.get("keys") or (f"{name}:*",))
        commands = tuple(entry.get("commands") or COMMANDS)
        found[name] = Account(name, (hash_of(entry["password"]),), keys, commands)
    if problems:
        raise AclError("\n".join(problems))
    return found


def _problems(entry: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    if not NAME.fullmatch(entry["name"]):
        yield 'a name has 1 to 63 letters, digits, "_", "." and "-"'
    if entry["name"] in RESERVED:
        yield f"the names {', '.join(RESERVED)} are taken"
    if not entry["password"] or re.search(r"[\r\n\0]", entry["password"]):
        yield "the password is empty or has a line break"
    for pattern in entry.get("keys") or ():
        if not KEYS.fullmatch(pattern):
            yield f"{pattern!r} is no pattern of keys, such as app:*"
    for rule in entry.get("commands") or ():
        if not COMMAND.fullmatch(rule):
            yield f"{rule!r} is no rule for commands, such as +@read or -keys"


def keep_former(wanted: Accounts, present: Accounts, kept: t.Container[str]) -> dict[str, Account]:
    """Return the wanted accounts, in which those former passwords are valid too that *kept* has."""
    result = {}
    for name, account in wanted.items():
        former = present[name].hashes if name in present and name not in RESERVED else ()
        more = tuple(each for each in former if each in kept and each not in account.hashes)
        result[name] = replace(account, hashes=account.hashes + more)
    return result


def render(accounts: Accounts) -> str:
    """Return the text of the ACL file."""
    return "".join(accounts[name].line() + "\n" for name in sorted(accounts))


def parse(text: str) -> dict[str, Account]:
    """Return the accounts of an ACL file, or of what ACL LIST answers.

    What `line` writes is read. An account with a rule that it never writes, such as "nopass", gets
    that word among its commands, so that it differs from every account that is wanted.
    """
    found = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["user"] and len(words) > 2:
            found[words[1]] = _account(words[1], words[2:])
    return found


# How ACL LIST says what is so in any case.
_SAID = ("on", "off", "sanitize-payload", "resetchannels", "-@all", "alldbs")


def _account(name: str, words: t.Sequence[str]) -> Account:
    hashes = tuple(word[1:] for word in words if SHA256.fullmatch(word[1:]) and word[0] == "#")
    keys = tuple(word[1:] for word in words if word.startswith("~"))
    known = {*_SAID, *(f"#{each}" for each in hashes), *(f"~{each}" for each in keys)}
    commands = tuple(word for word in words if word not in known)
    if ("on" in words) != bool(hashes):
        commands += ("on",) if "on" in words else ("off",)
    return Account(name, tuple(sorted(hashes)), keys, commands)


def same(one: Accounts, other: Accounts) -> bool:
    """Tell whether two sets of accounts allow the same to the same passwords."""
    return render(one) == render(other)


def shown(accounts: Accounts, letters: t.Mapping[str, str]) -> str:
    """Return the accounts for a diff, with a letter in place of each password's hash."""
    lines = []
    for name in sorted(accounts):
        account = accounts[name]
        line = account.line()
        for each in account.hashes:
            line = line.replace(f"#{each}", f"#{letters.get(each, '?')}")
        lines.append(line + "\n")
    return "".join(lines)


def letters_of(*sets: Accounts) -> dict[str, str]:
    """Return what stands for each hash in a diff: "password-1" for the first that is seen."""
    hashes = [
        each for accounts in sets for name in sorted(accounts) for each in accounts[name].hashes
    ]
    unique = dict.fromkeys(hashes)
    return {each: f"password-{number}" for number, each in enumerate(unique, 1)}
