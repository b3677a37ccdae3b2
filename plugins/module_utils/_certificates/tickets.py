# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys of session tickets, by which clients that come back are spared half of a handshake.

root/tls/tickets/0.key   the present one, with which tickets are made
root/tls/tickets/1.key   the one before, so that a change of keys ends no session

They are files, because nginx's own keys end with it: after a restart each client would pay again.
The unit peerlb-tickets changes them once a day.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from .store import CertificateStore, replace, writing

PRESENT, FORMER = "0.key", "1.key"
SIZE = 80  # bytes: nginx takes AES-256 for a file of this size


def missing(store: CertificateStore) -> bool:
    """Tell whether a key is missing, without which nginx does not start."""
    return not all(_whole(path) for path in _paths(store))


def make_missing(store: CertificateStore) -> bool:
    """Make the keys that are missing; tell whether there was one."""
    lacking = [path for path in _paths(store) if not _whole(path)]
    with writing(store.directory / "tickets"):
        for path in lacking:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace(path, secrets.token_bytes(SIZE), 0o600)
    return bool(lacking)


def _paths(store: CertificateStore) -> tuple[Path, Path]:
    return store.directory / "tickets" / PRESENT, store.directory / "tickets" / FORMER


def _whole(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == SIZE
