# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the fields of an object of Google Cloud's API. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ..._values.addresses import IPv4Network, parse_address
from ..._values.entries import Kind, errors_at, missing, typed, whole_number


def ref(address: t.Any) -> str:
    """Return the part of an object's URL that does not depend on the API's host and version.

    "https://compute.googleapis.com/compute/v1/projects/acme/global/networks/vpc" gives
    "acme/global/networks/vpc".
    """
    text = str(address or "")
    return text.partition("/projects/")[2] or text.removeprefix("projects/")


def last(address: t.Any) -> str:
    """Return the last part of an object's URL, which is the object's name."""
    return str(address or "").rpartition("/")[2]


def names(text: str) -> frozenset[str]:
    """Return the names of fields that a text lists, with spaces between them."""
    return frozenset(text.split())


class Fields:
    """An object of the API.

    where: the object's place in the document, such as "firewalls[0] lb-http". Each method returns
    one field, and raises a ValueError that begins with the place.
    """

    def __init__(self, value: t.Any, where: str) -> None:
        self.where = where
        with errors_at(where):
            self._values = typed("", value, dict)
        name = value.get("name")
        if isinstance(name, str) and name and name not in where:
            self.where = f"{where} {name}"

    def get(self, key: str, kind: type[Kind], default: Kind | None = None) -> Kind:
        """Return a field of this kind; a field without a default must not be missing."""
        value = self._values.get(key)
        if value is None and default is not None:
            return default
        with errors_at(self.where):
            if value is None:
                raise missing(key)
            return typed(key, value, kind)

    def unknown(self, known: t.Container[str]) -> tuple[str, ...]:
        """Return the names of fields that are not known and not empty: ("srcNetworkScope",).

        Such a field may narrow what the object matches, in a way that only the cloud knows.
        """
        return tuple(key for key, value in self._values.items() if value and key not in known)

    def number(self, key: str, default: int, most: int) -> int:
        """Return a field that is a whole number from 0 to most."""
        value = self.get(key, int, default)
        with errors_at(self.where):
            return whole_number(key, value, 0, most)

    def texts(self, key: str) -> list[str]:
        """Return a field that is a list of texts; [] if it is missing."""
        texts = self.get(key, list, [])
        with errors_at(self.where):
            return [typed(f"{key}[{number}]", text, str) for number, text in enumerate(texts)]

    def address(self, key: str) -> str:
        """Return a field that is an IPv4 address; "" if it is missing."""
        text = self.get(key, str, "")
        with errors_at(f"{self.where}: {key}"):
            return parse_address(text) if text else ""

    def cidrs(self, key: str) -> tuple[IPv4Network, ...]:
        """Return the IPv4 ranges of a field that is a list of ranges; [] if it is missing.

        The IPv6 ranges are left out: no host of the declaration has an IPv6 address.
        """
        ranges = [text for text in self.texts(key) if ":" not in text]
        return tuple(self._cidr(key, text) for text in ranges)

    def ipv6(self, key: str) -> bool:
        """Tell whether a field that is a list of ranges has an IPv6 range."""
        return any(":" in text for text in self.texts(key))

    def cidr(self, key: str) -> IPv4Network:
        """Return a field that is one IPv4 range."""
        return self._cidr(key, self.get(key, str))

    def _cidr(self, key: str, text: str) -> IPv4Network:
        with errors_at(f"{self.where}: {key}"):
            return IPv4Network(text)

    def each(self, key: str) -> t.Iterator[Fields]:
        """Yield the objects of a field that is a list of objects."""
        for number, value in enumerate(self.get(key, list, [])):
            yield Fields(value, f"{self.where} {key}[{number}]")
