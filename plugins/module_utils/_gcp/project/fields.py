# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look into an object of the cloud's API; errors name the object. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network, parse_address
from ..._values.entries import Kind, errors_at, missing, typed, whole_number


def ref(address: t.Any) -> str:
    """Return what names an object whatever the API's host and version: all after projects/."""
    text = str(address or "")
    return text.partition("/projects/")[2] or text.removeprefix("projects/")


def last(address: t.Any) -> str:
    """Return the last part of an address, which is the object's name."""
    return str(address or "").rpartition("/")[2]


class Fields:
    """An object of the API and where it stands in the document."""

    def __init__(self, value: t.Any, where: str) -> None:
        self.where = where
        with errors_at(where):
            self._values = typed("", value, dict)
        name = value.get("name")
        if isinstance(name, str) and name and name not in where:
            self.where = f"{where} {name}"

    def get(self, key: str, kind: type[Kind], default: Kind | None = None) -> Kind:
        """Return a field; without a default it has to be there."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        with errors_at(self.where):
            if value is None:
                raise missing(key)
            return typed(key, value, kind)

    def number(self, key: str, default: int, most: int) -> int:
        """Return a whole number from 0 to most."""
        value = self.get(key, int, default)
        with errors_at(self.where):
            return whole_number(key, value, 0, most)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, [] where there is none."""
        texts = self.get(key, list, [])
        with errors_at(self.where):
            return [typed(f"{key}[{number}]", text, str) for number, text in enumerate(texts)]

    def address(self, key: str) -> str:
        """Return an IPv4 address, "" where there is none."""
        text = self.get(key, str, "")
        with errors_at(f"{self.where}: {key}"):
            return parse_address(text) if text else ""

    def cidrs(self, key: str) -> tuple[IPv4Network, ...]:
        """Return the IPv4 ranges among those of a field; nothing here has an IPv6 address."""
        ranges = [text for text in self.texts(key) if ":" not in text]
        return tuple(self._cidr(key, text) for text in ranges)

    def ipv6(self, key: str) -> bool:
        """Tell whether an IPv6 range is among those of a field."""
        return any(":" in text for text in self.texts(key))

    def cidr(self, key: str) -> IPv4Network:
        return self._cidr(key, self.get(key, str))

    def _cidr(self, key: str, text: str) -> IPv4Network:
        with errors_at(f"{self.where}: {key}"):
            return IPv4Network(text)

    def each(self, key: str) -> t.Iterator[Fields]:
        """Yield the objects of a list."""
        for number, value in enumerate(self.get(key, list, [])):
            yield Fields(value, f"{self.where} {key}[{number}]")
