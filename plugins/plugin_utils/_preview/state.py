# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the state of a host from what the tasks of the playbook preview registered on it."""

from __future__ import annotations

import base64
import json
import typing as t

# Release, note, containers and accounts, in this order.
RESULTS = ("__release_info", "__preview_note", "__preview_container", "__preview_accounts")

Registered = t.Mapping[str, t.Any]  # the result of a task
State = dict[str, t.Any]


def read_state(results: t.Mapping[str, Registered]) -> State | None:
    """Return the state of a host from results by their names in RESULTS.

    {"release": what nginx_release_info returned, "note": what `declaration_lines` in changes.py
    returned at the last deployment, "containers": what docker inspect prints, "accounts":
    ["webapp@%"]}. A part that is not known is None; a part that is not on the host is empty.
    Returns None for a host that could not be reached.
    """
    release, note, container, accounts = (results.get(name) or {} for name in RESULTS)
    if container.get("unreachable") or release.get("unreachable"):
        return None
    # Docker says so if there is no such container, and the system if there is no Docker.
    error = f"{container.get('stderr') or ''}{container.get('msg') or ''}".lower()
    nothing_there = "no such" in error
    return {
        "release": None if _skipped(release) else dict(release),
        "note": None if _skipped(note) else _decoded(note),
        # Docker prints the containers that there are, even if another is missing.
        "containers": json.loads(container.get("stdout") or "[]")
        if nothing_there or _succeeded(container)
        else None,
        "accounts": list(accounts.get("stdout_lines") or ())
        if _succeeded(accounts)
        else []
        if nothing_there
        else None,
    }


def _skipped(result: Registered) -> bool:
    return not result or bool(result.get("skipped"))


def _succeeded(result: Registered) -> bool:
    return result.get("rc", 1) == 0


def _decoded(slurped: Registered) -> t.Any:
    """Return the JSON in a file that was slurped; {} if the host does not have the file."""
    return json.loads(base64.b64decode(slurped.get("content") or "") or "{}")
