# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which password stays valid beside a new one, so that a change locks no client out.

MySQL holds two passwords of an account. A client is told of the new one after MySQL, so the one
that clients use has to be the other.
"""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

from .password import is_password, is_stored
from .server import Account, Server
from .statements import PLUGIN


class UndecidedError(Exception):
    """Only the clients know which of two passwords has to stay, and they were not asked."""


@dataclass(frozen=True)
class Client:
    """A host that logs in: as which user, and with which password; "" if it has none yet."""

    user: str
    host: str
    password: str


def read_clients(results: t.Any) -> list[Client] | None:
    """Return the clients from what the role's task registered that reads their passwords.

    None if the task did not run.
    """
    if results is None:
        return None
    return [
        Client(
            result["__mysql_item"]["user"],
            result["__mysql_item"]["host"],
            base64.b64decode(result.get("content") or "").decode(errors="replace"),
        )
        for result in results
    ]


def sibling(server: Server, name: str) -> Account | None:
    """Return an account with the same name for another host; None if there is none."""
    found = sorted(key for key in server.accounts if key[0] == name)
    return server.accounts[found[0]] if found else None


def former_password(present: Account, password: str, clients: t.Sequence[Client] | None) -> str:
    """Return what MySQL stores of the password that stays valid beside the new one; "" for none.

    UndecidedError: the clients have to be asked first; ValueError: they use both that are valid.
    """
    if present.plugin != PLUGIN or not is_stored(present.authentication):
        return ""
    if is_password(password, present.authentication):
        return present.retained
    if not present.retained or is_password(password, present.retained):
        return present.authentication
    if clients is None:
        raise UndecidedError
    used = [client.password for client in clients if client.user == present.name]
    newer, older = (
        any(is_password(each, stored) for each in used)
        for stored in (present.authentication, present.retained)
    )
    if not used or (newer and older):
        raise ValueError(
            f"account {present.name}@{present.host}: the last change of its password is not"
            " complete, and its clients may use either of two passwords. Put one of the two back,"
            " run site.yml, and change the password then"
        )
    return present.retained if older else present.authentication


def still_in_use(user: str, password: str, clients: t.Sequence[Client] | None) -> list[str]:
    """Return the hosts that log in as a user with another password than the wanted one."""
    return [
        client.host
        for client in clients or ()
        if client.user == user and client.password not in ("", password)
    ]
