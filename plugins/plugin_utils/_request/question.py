# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read which request to explain, as people write it."""

from __future__ import annotations

import ipaddress
import json
import re
import typing as t
from dataclasses import dataclass, field

from ...module_utils._values.entries import is_list, line, misfit, shown

URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!-~]*)?(?P<query>\?[!-~]*)?"
)
PORTS = {"http": 80, "https": 443}
METHOD = re.compile(r"[A-Z]{1,32}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")


class RequestError(ValueError):
    """A request that cannot be explained; one line for each input at fault."""


@dataclass(frozen=True)
class Question:
    """A request: target is the path with the query, client the client's address or ""."""

    url: str
    scheme: str
    host: str
    port: int
    target: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    client: str = ""

    @classmethod
    def parse(
        cls, url: t.Any, method: t.Any = "", headers: t.Any = (), client: t.Any = ""
    ) -> Question:
        """Read a request; a RequestError names every input that is wrong.

        headers are a mapping, the text of one in JSON, or one or more texts such as "X-A: b".
        """
        problems: list[str] = []
        read = [
            _read(problems, _place, url),
            _read(problems, _method, method or "GET"),
            _read(problems, _headers, headers or {}),
            _read(problems, _client, client or ""),
        ]
        if problems:
            raise RequestError("\n".join(problems))
        return cls(str(url), *read[0], *read[1:])

    @property
    def path(self) -> str:
        """Return the target without the query."""
        return self.target.partition("?")[0]

    def told(self) -> str:
        """Return the request in words."""
        headers = "".join(f", {name}: {value}" for name, value in self.headers.items())
        whose = f" from {self.client}" if self.client else ""
        return f"{self.method} {self.url}{headers}{whose}"


def _read(problems: list[str], reader: t.Callable[[t.Any], t.Any], value: t.Any) -> t.Any:
    try:
        return reader(value)
    except ValueError as exc:
        problems.append(str(exc))
        return None


def _place(url: t.Any) -> tuple[str, str, int, str]:
    """Return scheme, host, port and target of a URL."""
    wanted = "a URL such as https://shop.example/cart"
    match = URL.fullmatch(line("url", url))
    if not match or "#" in str(url):
        raise misfit("url", url, f"{wanted}, without a fragment")
    port = int(match["port"] or PORTS[match["scheme"]])
    if not 1 <= port <= 65535:
        raise misfit("url", url, f"{wanted}, with a port from 1 to 65535")
    target = (match["path"] or "/") + (match["query"] or "")
    return match["scheme"], match["host"].lower(), port, target


def _method(value: t.Any) -> str:
    if not METHOD.fullmatch(line("method", value)):
        raise misfit("method", value, "a method such as GET")
    return str(value)


def _headers(value: t.Any) -> dict[str, str]:
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            raise misfit("headers", value, 'a mapping such as {"X-A": "b"}') from None
    if not isinstance(value, t.Mapping):
        value = dict(_pair(each) for each in (value if is_list(value) else [value]))
    for name, text in value.items():
        if not HEADER.fullmatch(str(name)):
            raise ValueError(f"headers: {shown(name)} is no name of a header")
        line(f"headers: {name}", text)
    return {str(name): str(text) for name, text in value.items()}


def _pair(value: t.Any) -> tuple[str, str]:
    name, colon, text = line("headers", value).partition(":")
    if not colon:
        raise misfit("headers", value, "a header such as 'X-A: b'")
    return name.strip(), text.strip()


def _client(value: t.Any) -> str:
    try:
        return str(ipaddress.IPv4Address(str(value))) if value else ""
    except ValueError:
        wanted = "an IPv4 address such as 203.0.113.7, as clients of listeners have"
        raise misfit("client", value, wanted) from None
