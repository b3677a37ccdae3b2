# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large nginx's logs are on this host, and whether they are rotated."""

from __future__ import annotations

import contextlib
import os
import typing as t

UNIT = "peerlb-logs.service"  # rotates the logs, once a minute


def rotation_failed(run: t.Callable[..., tuple[int, str, str]]) -> bool:
    """Tell whether the last run of the unit failed.

    run takes a command and returns (rc, stdout, stderr). A host without systemd has no such unit.
    """
    return run(["systemctl", "is-failed", UNIT])[1].strip() == "failed"


def size(directory: str) -> int:
    """Return the bytes of the files in a directory, 0 if there is no such directory."""
    total = 0
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(directory) as found:
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # a rotation has just removed it
                if entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
    return total
