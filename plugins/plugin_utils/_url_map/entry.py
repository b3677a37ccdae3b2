# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the entries of a URL map, and collect everything that is wrong. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._values.entries import is_list, misfit, missing, unknown_keys

Value = t.TypeVar("Value")
Reader = t.Callable[[str, t.Any], Value]


class Entry:
    """A mapping that somebody wrote, its place, and the list that its problems go to.

    Each problem is one line that begins with the place: "peerlb_url_map.hosts[0]: names is …".
    """

    def __init__(
        self, value: t.Any, place: str, known: t.Sequence[str], problems: list[str]
    ) -> None:
        """Take a mapping; note whatever is none, and each key that is not known."""
        self.place, self.problems = place, problems
        self.values: t.Mapping[t.Any, t.Any] = {}
        if not isinstance(value, t.Mapping):
            self.problem(str(misfit("", value, f"a mapping with {', '.join(known)}")))
            self.problems = []  # what else would be said follows from this
            return
        self.values = value
        for problem in unknown_keys(value, known):
            self.problem(problem)

    def problem(self, text: str) -> None:
        """Note something that is wrong with the entry."""
        self.problems.append(f"{self.place}: {text}")

    def has(self, key: str) -> bool:
        """Tell whether the key has a value."""
        return self.values.get(key) is not None

    def get(self, key: str, reader: Reader[Value], default: Value) -> Value:
        """Return what the reader makes of a key's value; the default if it has none or a bad one.

        The reader takes key and value, and raises a ValueError that begins with the key.
        """
        if not self.has(key):
            return default
        try:
            return reader(key, self.values[key])
        except ValueError as exc:
            self.problem(str(exc))
            return default

    def need(self, key: str, reader: Reader[Value], default: Value) -> Value:
        """Return what get() returns, and note if the key has no value."""
        if not self.has(key):
            self.problem(str(missing(key)))
        return self.get(key, reader, default)

    def below(self, key: str, known: t.Sequence[str]) -> Entry:
        """Return the mapping that is the key's value."""
        return Entry(self.values[key], f"{self.place}.{key}", known, self.problems)

    def each(self, key: str, known: t.Sequence[str]) -> list[Entry]:
        """Return the mappings of the list that is the key's value; [] if it has none."""
        listed: list[t.Any] = self.get(key, _listed, [])
        return [
            Entry(value, f"{self.place}.{key}[{number}]", known, self.problems)
            for number, value in enumerate(listed)
        ]

    def only_one_of(self, keys: t.Sequence[str]) -> str:
        """Return which of the keys has a value; note if there is none or more than one."""
        given = [key for key in keys if self.has(key)]
        if len(given) != 1:
            said = f"{' and '.join(given)} are given" if given else "nothing says what happens"
            self.problem(f"{said}; give one of {', '.join(keys)}")
        return given[0] if given else ""


def _listed(key: str, value: t.Any) -> list[t.Any]:
    if not is_list(value):
        raise misfit(key, value, "a list")
    return list(value)
