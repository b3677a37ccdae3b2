# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of Valkey in a container: the files that give access to it, and how it reads them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._files.writing import replace_file
from .._release.engine import Engine, ServiceError
from .._release.place import Place
from .acl import ADMIN, Accounts, parse, render

ACCESS = "access"  # the directory that the container sees
ACL_FILE = f"{ACCESS}/users.acl"
HEALTH_PASSWORD = f"{ACCESS}/health_password"
ADMIN_PASSWORD = "admin_password"  # stays on the host
# In check mode, for passwords that are not made yet.
UNMADE = "not made yet"
# The first line of the standard input is the password, so no list of processes shows it.
CLIENT = (
    "IFS= read -r REDISCLI_AUTH && export REDISCLI_AUTH"
    f" && exec valkey-cli --user {ADMIN} --no-auth-warning ACL "
)


@dataclass(frozen=True)
class Server:
    """Valkey's container and its files below root. owner: the user that it runs as."""

    engine: Engine
    root: Path
    container: str = "peerlb-valkey"
    owner: int = 0

    def place(self) -> Place:
        """Return what has to be there besides the ACL file: its directory, and two passwords."""
        passwords = (HEALTH_PASSWORD, ADMIN_PASSWORD)
        return Place(self.root, self.owner, directories=(ACCESS,), passwords=passwords)

    def password(self, name: str) -> str:
        """Return the password in a file below root; UNMADE if there is no such file."""
        path = self.root / name
        return path.read_text(encoding="ascii") if path.exists() else UNMADE

    def on_disk(self) -> dict[str, t.Any]:
        """Return the accounts of the ACL file; none if there is no file."""
        path = self.root / ACL_FILE
        return parse(path.read_text(encoding="utf-8")) if path.exists() else {}

    def live(self) -> dict[str, t.Any] | None:
        """Return the accounts of the running server; None if it does not run or does not say."""
        record = self.engine.inspect(self.container)[0]
        if record is None or record["State"]["Status"] != "running":
            return None
        code, out, _err = self._acl("LIST")
        return parse(out) if code == 0 and out.startswith("user ") else {}

    def write(self, accounts: Accounts) -> None:
        """Replace the ACL file in one step; only its owner can read it."""
        replace_file(self.root / ACL_FILE, render(accounts).encode(), owner=self.owner)

    def load(self) -> None:
        """Let the running server read the file; connections of accounts that stay are kept.

        A ServiceError says what the server refuses. If it does not know our own account any more,
        it is started anew, which reads the file too.
        """
        code, out, err = self._acl("LOAD")
        told = (out + err).strip()
        if code == 0 and told == "OK":
            return
        if "WRONGPASS" not in told and "NOAUTH" not in told:
            raise ServiceError(f"{self.container} does not take its accounts: {told}")
        restart = ["docker", "restart", self.container]
        self.engine.succeed(restart, f"{self.container} does not start again")

    def _acl(self, command: str) -> tuple[int, str, str]:
        words = ["docker", "exec", "--interactive", self.container, "sh", "-c", CLIENT + command]
        return self.engine.run(words, data=self.password(ADMIN_PASSWORD))
