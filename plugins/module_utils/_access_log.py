# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the newest lines of nginx's access logs. This module util is private to the collection."""

from __future__ import annotations

from pathlib import Path

# Requests, and sessions of tcp listeners.
FILES = ("access.log", "sessions.log")
# Of each log; some 200,000 requests.
MOST = 64 * 1024 * 1024  # bytes


def newest_lines(directory: str, most: int = MOST) -> list[str]:
    """Return the last lines of each log, the one before it included; none where there is no log."""
    lines = []
    for name in FILES:
        newest = _tail(Path(directory, name), most)
        older = _tail(Path(directory, f"{name}.1"), most - len(newest))
        lines += (older + newest).decode("utf-8", "replace").splitlines()
    return lines


def _tail(path: Path, most: int) -> bytes:
    """Return the last bytes of a file, from the beginning of a line."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - most))
            data = stream.read(most)
    except FileNotFoundError:
        return b""
    return data if size <= most else data.partition(b"\n")[2]
