# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the tasks of the playbook preview registered on a host. No Ansible, no I/O."""

from __future__ import annotations

import base64
import json
import typing as t

NAMES = ("__release_info", "__preview_note", "__preview_container", "__preview_accounts")

Registered = t.Mapping[str, t.Any]  # the result of a task
State = dict[str, t.Any]


def state(found: t.Mapping[str, Registered]) -> State | None:
    """Return what a host told of its state; None for a host that could not be reached.

    found has results under NAMES. The state has `release`, `note`, `containers` and `accounts` as
    `deployed` in changes.py takes them; None stands for what is not known, an empty list or mapping
    for what is known not to be there.
    """
    release, note, container, accounts = (found.get(name) or {} for name in NAMES)
    if container.get("unreachable") or release.get("unreachable"):
        return None
    # Docker's words where a container, or Docker itself, is not there.
    bare = "no such" in f"{container.get('stderr') or ''}{container.get('msg') or ''}".lower()
    return {
        "release": None if _skipped(release) else dict(release),
        "note": None if _skipped(note) else _decoded(note),
        # Docker shows the containers that are there, and complains about the others.
        "containers": json.loads(container.get("stdout") or "[]")
        if bare or _succeeded(container)
        else None,
        "accounts": list(accounts.get("stdout_lines") or ())
        if _succeeded(accounts)
        else []
        if bare
        else None,
    }


def _skipped(result: Registered) -> bool:
    return not result or bool(result.get("skipped"))


def _succeeded(result: Registered) -> bool:
    return result.get("rc", 1) == 0


def _decoded(slurped: Registered) -> t.Any:
    """Return the JSON in a file that was slurped; a host without the file has an empty note."""
    return json.loads(base64.b64decode(slurped.get("content") or "") or "{}")
