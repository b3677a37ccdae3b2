# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say in words what becomes of a service, from what its module returned in check mode."""

from __future__ import annotations

import difflib
import typing as t

# The name of each service in a sentence, by its layer, and where its task registers the result.
NAMES = {"mysql": "MySQL", "webapp": "the application", "nginx_lb": "nginx"}
RESULTS = {layer: f"__{layer}_release" for layer in NAMES}
# Files in which no line tells a reader anything.
UNREADABLE = ("context.b64", "service.json")
MOST_LINES = 20  # of the changes of one service

Result = t.Mapping[str, t.Any]  # what service_release or nginx_release returned


def service_lines(host: str, layer: str, result: Result) -> list[str]:
    """Return what a run would do to a service of a host, or nothing if the service stays.

    ["web1: the application's container is replaced: compose.yml differs",
    '  - "MYSQL_PORT": "3306",', '  + "MYSQL_PORT": "3307",']. An upstream or listener of nginx is a
    section of its own, so no line of nginx's files is shown.
    """
    name = NAMES[layer]
    if result.get("failed"):
        return [f"{host}: {name} cannot be compared: {_message(result)}"]
    if not result.get("differs"):
        return []
    if result["effect"] == "create" and not result["previous"]:
        return [f"{host}: {name} is started for the first time"]
    lines = [] if layer == "nginx_lb" else _changed_lines(result.get("diff") or ())
    return [f"{host}: {_effect(name, result['effect'])}: {', '.join(_reasons(result))}", *lines]


def _effect(name: str, effect: str) -> str:
    """Return what becomes of a container as the beginning of a sentence."""
    container = f"{name}'s container"
    return {
        "create": f"{container} is created",
        "replace": f"{container} is replaced",
        "start": f"{container} is started",
        "reload": f"{name} reloads",
    }.get(effect, f"{container} stays, and this is put right")


def _reasons(result: Result) -> list[str]:
    """Return why a service differs, without what follows from the other reasons.

    A container of the former release is no reason if files differ. All files are new if there was
    no release before, so none of them is a reason.
    """
    former = result["previous"]
    reasons = [
        each.partition(" is replaced: ")[2] or each
        for each in result["differs"]
        if former or not each.endswith(" is new")
    ]
    follows = (f"it was created from release {former}", f"nginx serves {former}")
    own = [each for each in reasons if each not in follows and not each.endswith(" is replaced")]
    return own or reasons


def _changed_lines(diff: t.Iterable[t.Mapping[str, str]]) -> list[str]:
    """Return the lines that go (-) and that come (+) in files that were there before."""
    lines = []
    for entry in diff:
        path = entry["before_header"].rpartition(" (")[0]
        before, after = entry["before"].splitlines(), entry["after"].splitlines()
        if before and after and path not in UNREADABLE:
            changed = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
            lines += [f"  {line[0]} {line[1:].strip()}" for line in changed]
    more = len(lines) - MOST_LINES
    return lines[:MOST_LINES] + ([f"  and {more} more lines"] if more > 0 else [])


def _message(result: Result) -> str:
    """Return the error of a task on one line."""
    message = result.get("msg") or "the task failed"
    parts = [message] if isinstance(message, str) else message
    return " ".join(" ".join(str(part) for part in parts).split())
