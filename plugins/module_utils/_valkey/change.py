# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of Valkey's accounts: what is wanted, compared with the file and the running server."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .acl import (
    RESERVED,
    Account,
    keep_former,
    letters_of,
    own_accounts,
    read_accounts,
    same,
    shown,
)
from .server import ADMIN_PASSWORD, HEALTH_PASSWORD, Server


class Everything:
    """A set that has every password."""

    def __contains__(self, _hash: object) -> bool:
        return True


@dataclass(frozen=True)
class Change:
    """What differs. live: the accounts of the running server, None if none runs."""

    server: Server
    wanted: dict[str, Account]
    present: dict[str, Account]
    live: dict[str, Account] | None
    missing: tuple[str, ...]

    @classmethod
    def look(
        cls, server: Server, declared: t.Sequence[t.Mapping[str, t.Any]], kept: t.Container[str]
    ) -> Change:
        """Compare. kept: the hashes of former passwords that stay valid. An AclError names faults.

        With Everything as kept, each former password stays, and `former` tells of which account.
        """
        given = read_accounts(declared)
        own = own_accounts(server.password(ADMIN_PASSWORD), server.password(HEALTH_PASSWORD))
        present = server.on_disk()
        wanted = {**keep_former(given, present, kept), **own}
        return cls(server, wanted, present, server.live(), tuple(server.place().reasons()))

    @property
    def stale(self) -> bool:
        """Tell whether a running server has other accounts than are wanted."""
        return self.live is not None and not same(self.live, self.wanted)

    @property
    def changed(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.missing) or self.stale or not same(self.present, self.wanted)

    def former(self) -> list[str]:
        """Return the names of accounts with more than one valid password."""
        return [a.name for a in self.wanted.values() if len(a.hashes) > 1]

    def diff(self) -> dict[str, str]:
        """Return the accounts before and after, without a password or its hash."""
        before = self.live if self.stale and self.live is not None else self.present
        letters = letters_of(before, self.wanted)
        # The collection's own accounts are left out: their passwords are made with the change.
        return {
            "before": shown(_visible(before), letters),
            "after": shown(_visible(self.wanted), letters),
        }

    def apply(self) -> None:
        """Make the change. If the server refuses the new file, the former one is put back."""
        self.server.place().make()
        given = {name: a for name, a in self.wanted.items() if name not in RESERVED}
        passwords = (self.server.password(name) for name in (ADMIN_PASSWORD, HEALTH_PASSWORD))
        self.server.write({**given, **own_accounts(*passwords)})
        if self.live is None:
            return
        try:
            self.server.load()
        except Exception:
            if self.present:
                self.server.write(self.present)
            raise


def _visible(accounts: t.Mapping[str, Account]) -> dict[str, Account]:
    return {name: account for name, account in accounts.items() if name not in RESERVED}
