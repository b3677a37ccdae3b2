# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of session tickets, by which clients that come back are spared half of a handshake.

root/tls/tickets/0.key   the present one, with which tickets are made
root/tls/tickets/1.key   the one before, so that a change of keys ends no session

They are files, because nginx's own keys end with it: after a restart each client would pay again.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from .._files.writing import replace_file
from .store import CertificateStore, writing

PRESENT, FORMER = "0.key", "1.key"
SIZE = 80  # bytes: nginx takes AES-256 for a file of this size
A_DAY = 86400


def missing(store: CertificateStore) -> bool:
    """Tell whether a key is missing, without which nginx does not start."""
    return not all(_whole(path) for path in _paths(store))


def make_missing(store: CertificateStore) -> bool:
    """Make the keys that are missing; tell whether there was one."""
    lacking = [path for path in _paths(store) if not _whole(path)]
    with writing(store.directory / "tickets"):
        for path in lacking:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_file(path, secrets.token_bytes(SIZE))
    return bool(lacking)


def rotate(store: CertificateStore, now: float, age: float = A_DAY) -> bool:
    """Make a new present key if that one is older than age, in seconds; tell whether it was.

    nginx needs a reload to take it. At any moment both files are whole.
    """
    if make_missing(store):
        return True
    present, former = _paths(store)
    if now - present.stat().st_mtime < age:
        return False
    with writing(present.parent):
        replace_file(former, present.read_bytes())
        replace_file(present, secrets.token_bytes(SIZE))
        os.utime(present, (now, now))
    return True


def _paths(store: CertificateStore) -> tuple[Path, Path]:
    return store.directory / "tickets" / PRESENT, store.directory / "tickets" / FORMER


def _whole(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == SIZE
