# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let one run at a time change something of this host, and name the one that does."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import typing as t
from pathlib import Path

from .who import login_name


@contextlib.contextmanager
def locked(path: Path, owner: str, wait: float, what: str) -> t.Iterator[None]:
    """Hold the lock of a file within a `with` block, after at most this many seconds.

    A BlockingIOError then names who holds it: "ada (pid 4711, login ubuntu) is changing this
    service right now; …". what: such as "this service".
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+", encoding="utf-8") as stream:
        _await_turn(stream, wait, what)
        # The owner's name is a courtesy: a full disk must not keep anybody from the lock. The
        # stream would try again to write the name when it is closed, so it is not used here.
        with contextlib.suppress(OSError):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{owner} (pid {os.getpid()}, login {login_name()})".encode(), 0)
        yield


def _await_turn(stream: t.TextIO, wait: float, what: str) -> None:
    """Lock an open file, after at most this many seconds; a BlockingIOError names who holds it."""
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                stream.seek(0)
                holder = stream.read().strip() or "somebody"
                waited = f"waited {wait:g} s for this; " if wait else ""
                raise BlockingIOError(
                    f"{holder} is changing {what} right now; {waited}wait and run again"
                ) from None
        time.sleep(0.1)
