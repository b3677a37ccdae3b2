# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which clients nginx has throttled by a rule that bans, as it writes to its access log."""

from __future__ import annotations

import json
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .entries import BanError, parse_range

LOG = "access.log"
PIECE = 4 * 1024 * 1024  # bytes to read at once
# nginx escapes quotes that a client sends, so no client can write this.
NEEDLE = b'"action":"throttled"'


@dataclass
class Tail:
    """The end of an access log, which is rotated now and then.

    What was written before the first look is left out.
    """

    path: Path
    stream: t.BinaryIO | None = None
    rest: bytes = b""

    def lines(self) -> list[bytes]:
        """Return the new lines that tell of a throttled client; an OSError says what is wrong."""
        found = self._more()
        if self._was_rotated():
            found += self._more()
        return found

    def _was_rotated(self) -> bool:
        """Open the log if it is another one than before, and tell whether it is."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return False
        first = self.stream is None
        if self.stream is not None:
            former = os.fstat(self.stream.fileno())
            whole = status.st_size >= self.stream.tell()
            if former.st_ino == status.st_ino and whole:
                return False
            self.stream.close()
        self.stream, self.rest = self.path.open("rb"), b""
        if first:
            self.stream.seek(0, os.SEEK_END)
        return True

    def _more(self) -> list[bytes]:
        found: list[bytes] = []
        while self.stream is not None and (piece := self.stream.read(PIECE)):
            whole, _newline, self.rest = (self.rest + piece).rpartition(b"\n")
            if NEEDLE in whole:
                found += [line for line in whole.split(b"\n") if NEEDLE in line]
        return found

    def close(self) -> None:
        """Look no more; what is written until the next look is left out."""
        if self.stream is not None:
            self.stream.close()
        self.stream, self.rest = None, b""


def throttled(lines: t.Iterable[bytes], rules: t.Container[str]) -> dict[str, str]:
    """Return the rule by which each client was throttled, by address, if the rule bans."""
    found: dict[str, str] = {}
    for line in lines:
        try:
            told = json.loads(line)
            address, rule = str(parse_range(told["client"]).network_address), told["rule"]
        except (ValueError, KeyError, TypeError, BanError):
            continue
        if isinstance(rule, str) and told.get("action") == "throttled" and rule in rules:
            found[address] = rule
    return found
