# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the conditions of rules as variables of nginx that are "1" or "". No Ansible, no I/O.

Patterns are constants of this file's making, without captures, and stand in directives `if` alone:
holes of nginx in 2026 were in maps and rewrites that took captures of what clients sent.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from ...module_utils._values.ranges import Span
from .values import Match

END = r"\z"  # "$" would match before a line break, which a path can have


@dataclass
class Conditions:
    """The conditions that were asked for: each distinct one is looked at once a request.

    http holds ranges by the name of their variable, server the lines that set the variables.
    """

    http: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    server: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def of(self, match: Match) -> list[str]:
        """Return the variables that all have to be "1" for a match."""
        found = [self._sources(match)] if match.lists or match.sources else []
        if match.paths:
            found.append(self._flag(f"$uri ~ {one_of(map(_path, match.paths))}"))
        if match.methods:
            found.append(self._flag(f"$request_method ~ {one_of(map(_whole, match.methods))}"))
        for name, values in match.headers:
            found.append(self._flag(f"{header(name)} ~ {one_of(map(_whole, values))}"))
        for name in match.without_headers:
            found.append(self._flag(f'{header(name)} = ""'))
        return found

    def _sources(self, match: Match) -> str:
        found = [f"$peerlb_list_{name}" for name in match.lists]
        if match.sources:
            name = self.names.setdefault(f"{match.sources}", f"$peerlb_ranges_{len(self.http)}")
            self.http[name] = match.sources
            found.append(name)
        return found[0] if len(found) == 1 else self._any(found)

    def _any(self, found: t.Sequence[str]) -> str:
        together = "".join(found)
        if together not in self.names:
            self.server.append(f'set $peerlb_all "{together}";')
        return self._flag("$peerlb_all", together)

    def _flag(self, condition: str, known_as: str = "") -> str:
        key = known_as or condition
        if key not in self.names:
            name = self.names[key] = f"$peerlb_c{len(self.names)}"
            self.server += [f'set {name} "";', f"if ({condition}) {{ set {name} 1; }}"]
        return self.names[key]


def header(name: str) -> str:
    """Return nginx's variable of a header: header("x-api-key") is "$http_x_api_key"."""
    return f"$http_{name.lower().replace('-', '_')}"


def one_of(patterns: t.Iterable[str]) -> str:
    r"""Return a quoted pattern: one_of(["/a\z"]) is "^(?:/a\\z)", as nginx's files write it."""
    return quoted(f"^(?:{'|'.join(patterns)})")


def quoted(text: str) -> str:
    """Return a text in quotes, as nginx's files write it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _whole(value: str) -> str:
    return f"{re.escape(value)}{END}"


def _path(pattern: str) -> str:
    if pattern.endswith("/*"):
        return f"{re.escape(pattern[:-2])}(?:/|{END})"
    return _whole(pattern)
