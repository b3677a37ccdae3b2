# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the state of a host from what the tasks of the playbook preview registered on it."""

from __future__ import annotations

import base64
import json
import typing as t

from . import services

# Release, note, accounts, and failures by layer, in this order.
OTHERS = ("__release_info", "__preview_note", "__preview_accounts", "__preview_failures")
RESULTS = (*OTHERS, *services.RESULTS.values())

Registered = t.Mapping[str, t.Any]  # the result of a task
State = dict[str, t.Any]


def read_state(results: t.Mapping[str, Registered]) -> State | None:
    """Return the state of a host from results by their names in RESULTS.

    {"release": what nginx_release_info returned, "note": what `declaration_lines` in changes.py
    returned at the last deployment, "services": {"mysql": what service_release returned},
    "accounts": ["webapp@%"]}. A part that is not known is None; a part that is not on the host is
    empty. Returns None for a host that could not be reached.
    """
    if any(result.get("unreachable") for result in results.values()):
        return None
    release, note, accounts, failures = (results.get(name) or {} for name in OTHERS)
    deployed = {
        layer: dict(results.get(name) or failures.get(layer) or {}) or None
        for layer, name in services.RESULTS.items()
    }
    return {
        "release": None if _skipped(release) else dict(release),
        "note": None if _skipped(note) else _decoded(note),
        "services": deployed,
        "accounts": _accounts(accounts, deployed["mysql"] or {}),
    }


def _accounts(asked: Registered, mysql: Registered) -> list[str] | None:
    """Return the accounts of MySQL; none if no MySQL runs, and None if it did not tell."""
    if asked.get("rc", 1) == 0:
        return list(asked.get("stdout_lines") or ())
    return [] if mysql.get("effect") == "create" else None


def _skipped(result: Registered) -> bool:
    return not result or bool(result.get("skipped"))


def _decoded(slurped: Registered) -> t.Any:
    """Return the JSON in a file that was slurped; {} if the host does not have the file."""
    return json.loads(base64.b64decode(slurped.get("content") or "") or "{}")
