# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who changes a service: what the caller claims, and the user who has logged in to this host."""

from __future__ import annotations

import os
import pwd
import time
import typing as t
from pathlib import Path

LOGIN_ID = Path("/proc/self/loginuid")  # what the kernel keeps of a login, whatever su does
NO_LOGIN = 2**32 - 1


def login_name() -> str:
    """Return the name of the user who has logged in to this host: "ubuntu".

    It is the user who called sudo, else the one of the login, else the one of this process.
    """
    if os.environ.get("SUDO_USER"):
        return os.environ["SUDO_USER"]
    try:
        number = int(LOGIN_ID.read_text(encoding="ascii"))
    except (OSError, ValueError):  # a kernel without audit
        number = NO_LOGIN
    number = os.getuid() if number == NO_LOGIN else number
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def moment(seconds: float) -> str:
    """Return a time in seconds of the epoch as the history tells it: "2026-01-01T10:00:00Z"."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def signature(params: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return who makes a change, when and why, from the parameters of a module.

    {"by": "ada", "login": "ubuntu", "at": "2026-01-01T10:00:00Z", "reason": "canary"}
    """
    return {
        "by": params["operator"],
        "login": login_name(),
        "at": moment(time.time()),
        "reason": params["reason"],
    }
