# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run programs without Ansible, as `AnsibleModule.run_command` does for modules."""

from __future__ import annotations

import subprocess
import typing as t

SECONDS = 60.0  # openssl, docker inspect and nginx -t take far less
NOT_FOUND = 127  # as a shell says it


def run(command: list[str], data: str = "", **_options: t.Any) -> tuple[int, str, str]:
    """Return code, output and errors of a command; data goes to its standard input."""
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        return NOT_FOUND, "", f"this host has no program {command[0]}"
    except subprocess.TimeoutExpired:
        return 1, "", f"{command[0]} did not end within {SECONDS:g} s"
    return done.returncode, done.stdout, done.stderr
