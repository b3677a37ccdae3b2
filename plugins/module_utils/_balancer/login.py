# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From where somebody has logged in to this host, so that nobody locks himself out."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")
MOST_PARENTS = 20
VARIABLE = b"SSH_CONNECTION="


def login_address(pid: int, proc: Path = PROC) -> str:
    """Return the address from which the process with this id was started by SSH; "" if it was not.

    sudo clears the environment, so that of the parents is read as well.
    """
    for _each in range(MOST_PARENTS):
        try:
            environment = (proc / str(pid) / "environ").read_bytes().split(b"\0")
            # The name of the program, in brackets, may hold blanks and brackets.
            parent = (proc / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2]
        except OSError:
            return ""
        for entry in environment:
            if entry.startswith(VARIABLE):
                return entry[len(VARIABLE) :].split(b" ")[0].decode("ascii", "replace")
        pid = int(parent.split()[1])
        if pid <= 1:
            return ""
    return ""
