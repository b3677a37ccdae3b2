# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read one rule, and collect all that is wrong with it. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._values.entries import misfit, suggestion, unknown_keys, whole_number
from . import fields
from .sources import read_ranges
from .values import ACTIONS, Match, Rule

MATCH = ("lists", "ranges", "paths", "methods", "headers", "without_headers")
COMMON = ("name", "priority", "match", "action", "preview")
OF_ACTION: dict[str, dict[str, t.Callable[[str, t.Any], t.Any]]] = {
    "allow": {},
    "deny": {"status": fields.status},
    "throttle": {"rate": fields.per_minute, "burst": fields.burst, "key": fields.limit_key},
    "ban": {"rate": fields.per_minute, "burst": fields.burst, "for": fields.seconds},
    "redirect": {"url": fields.url, "code": fields.code},
}
NEEDED = {"throttle": ("rate",), "ban": ("rate", "for"), "redirect": ("url",)}
LAST_PRIORITY = 2_147_483_647


class RuleReader:
    """Reads a mapping as a rule; faults holds a line for all that is wrong.

    A field that is wrong has a value that harms no further reading.
    """

    def __init__(
        self, value: t.Any, lists: t.Collection[str], keys: str = "name, priority and action"
    ) -> None:
        self.entry: t.Mapping[str, t.Any] = value if isinstance(value, t.Mapping) else {}
        self.lists = lists
        self.faults: list[str] = []
        self.readable = isinstance(value, t.Mapping)
        if not isinstance(value, t.Mapping):
            self.faults.append(str(misfit("", value, f"a mapping with {keys}")))

    def get(self, key: str, reader: t.Callable[[str, t.Any], t.Any], default: t.Any) -> t.Any:
        """Return what the reader makes of a key; the default if there is none or it is wrong."""
        if self.entry.get(key) is None:
            return default
        try:
            return reader(key, self.entry[key])
        except ValueError as exc:
            self.faults.append(str(exc))
            return default

    def need(self, keys: t.Iterable[str]) -> None:
        """Name the keys that the entry has to have and has not."""
        if self.readable:
            missing = (each for each in keys if self.entry.get(each) in (None, ""))
            self.faults += [f"{each} is missing" for each in missing]

    def rule(self) -> Rule:
        """Return the rule, which is good if there are no faults."""
        self.need(("name", "priority", "action"))
        return Rule(
            self.get("name", fields.name, ""),
            self.get("priority", _priority, -1),
            self._match(),
            **self.decision(COMMON),
        )

    def decision(self, common: t.Sequence[str], actions: t.Sequence[str] = ACTIONS) -> t.Any:
        """Return the arguments of a rule that say what it does."""
        action = self.entry.get("action")
        action = "allow" if action is None else action
        if action not in actions:
            self.faults.append(str(misfit("action", action, f"one of {', '.join(actions)}")))
            return {}
        readers = OF_ACTION[action]
        self._only((*common, *readers), f" for {action}")
        self.need(NEEDED.get(action, ()))
        before = len(self.faults)
        read = {key: self.get(key, reader, None) for key, reader in readers.items()}
        return {
            "action": action,
            "preview": self.get("preview", fields.truth, False),
            "status": (read.get("status") or 403) if action == "deny" else 0,
            "limit": fields.limit(self.entry)
            if read.get("rate") and before == len(self.faults)
            else None,
            "seconds": read.get("for") or 0,
            "url": read.get("url") or "",
            "code": (read.get("code") or 302) if action == "redirect" else 0,
        }

    def _only(self, known: t.Sequence[str], where: str) -> None:
        self.faults += [
            problem.replace("; known:", f"{where}; known:", 1)
            for problem in unknown_keys(self.entry, known)
        ]

    def _match(self) -> Match:
        value = self.entry.get("match")
        if value is None:
            return Match()
        if not isinstance(value, t.Mapping):
            self.faults.append(
                str(misfit("match", value, "a mapping, such as {paths: [/admin/*]}"))
            )
            return Match()
        self.faults += [f"match: {problem}" for problem in unknown_keys(value, MATCH)]
        match = Match(
            self._lists(value),
            self._read(read_ranges, value, "ranges"),
            self._each(fields.path, value, "paths"),
            self._each(fields.method, value, "methods"),
            self._headers(value.get("headers")),
            self._each(fields.header, value, "without_headers"),
        )
        self._refuse_never(match)
        return match

    def _refuse_never(self, match: Match) -> None:
        """Name the headers whose conditions no request can meet together."""
        names = [name for name, _values in match.headers]
        self.faults += [
            f"match.headers names {name} twice; upper and lower case are the same"
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        ]
        self.faults += [
            f"match: {name} is in headers and in without_headers, which no request meets"
            for name in dict.fromkeys(names)
            if name in match.without_headers
        ]

    def _lists(self, value: t.Mapping[str, t.Any]) -> tuple[str, ...]:
        names = self._each(fields.list_name, value, "lists")
        for name in names:
            if name not in self.lists:
                known = suggestion(name, tuple(self.lists)) if self.lists else "lists has none"
                self.faults.append(f"match: there is no list {name}; {known}")
        return tuple(name for name in names if name in self.lists)

    def _each(self, reader: t.Callable[..., t.Any], value: t.Mapping, key: str) -> t.Any:
        def read(name: str, values: t.Any) -> tuple[tuple[str, ...], list[str]]:
            return fields.each(reader, name, values)

        return self._read(read, value, key)

    def _read(self, reader: t.Callable[..., t.Any], value: t.Mapping, key: str) -> t.Any:
        if value.get(key) is None:
            return ()
        good, faults = reader(f"match.{key}", value[key])
        self.faults += faults
        return good

    def _headers(self, value: t.Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if value is None:
            return ()
        if not isinstance(value, t.Mapping) or not value:
            wanted = "a mapping of names to values, such as {X-Env: [test]}"
            self.faults.append(str(misfit("match.headers", value, wanted)))
            return ()
        return tuple(filter(None, (self._header(*each) for each in value.items())))

    def _header(self, name: t.Any, values: t.Any) -> tuple[str, tuple[str, ...]] | None:
        try:
            header = fields.header("match.headers", name)
        except ValueError as exc:
            self.faults.append(str(exc))
            return None
        wanted = [values] if isinstance(values, str) else values
        good, faults = fields.each(fields.header_value, f"match.headers.{header}", wanted)
        self.faults += faults
        return (header, good) if good else None


def _priority(key: str, value: t.Any) -> int:
    return whole_number(key, value, 0, LAST_PRIORITY)
