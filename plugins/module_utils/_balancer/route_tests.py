# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stored tests of a URL map: a request, and what is expected of it. No Ansible, no I/O.

They are kept in the release as TESTS_FILE, so that another release made from it has them, too.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import asdict, dataclass, field

from .._nginx.checks import PoolError
from .._values.entries import line, misfit, one_of, typed
from .route_expectation import Answer, Expectation

TESTS_FILE = "tests.json"
SCHEMES = {"http": 80, "https": 443}  # with their usual ports
METHOD = re.compile(r"[A-Z]{1,32}")
HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:(?P<port>[0-9]{1,5}))?")
TARGET = re.compile(r"/[!-~]*")
# The argument spec of a test.
TEST = {
    "name": {"type": "str", "required": True},
    "scheme": {"type": "str", "choices": list(SCHEMES), "default": "http"},
    "host": {"type": "str", "required": True},
    "target": {"type": "str", "required": True},
    "method": {"type": "str", "default": "GET"},
    "headers": {"type": "dict", "default": {}},
    "expect": {
        "type": "dict",
        "required": True,
        "options": {
            "pool": {"type": "list", "elements": "str"},
            "path": {"type": "str"},
            "redirect": {"type": "str"},
            "code": {"type": "int"},
            "status": {"type": "int"},
        },
    },
    "rule": {"type": "str", "default": ""},
}
# What says whose connection or request it is, which the test itself writes.
OWN_HEADERS = ("host", "connection", "content-length", "transfer-encoding")


@dataclass(frozen=True)
class RouteTest:
    """One stored test. rule is what takes the request as it is declared; "" if nobody says."""

    name: str
    host: str
    target: str
    expect: Expectation
    scheme: str = "http"
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    rule: str = ""

    @classmethod
    def parse(cls, entry: t.Mapping[str, t.Any]) -> RouteTest:
        """Read a test as the module gets it; a ValueError says what is wrong."""
        headers = dict(typed("headers", entry.get("headers") or {}, dict))
        for name, value in headers.items():
            _refuse_header(name, value)
        return cls(
            line("name", entry.get("name")),
            _matching("host", entry.get("host"), HOST, "a name such as shop.example"),
            _matching("target", entry.get("target"), TARGET, "a path such as /api/x"),
            Expectation.parse(entry.get("expect") or {}),
            one_of("scheme", entry.get("scheme") or "http", list(SCHEMES)),
            _matching("method", entry.get("method") or "GET", METHOD, "such as GET"),
            headers,
            line("rule", entry.get("rule") or ""),
        )

    @property
    def port(self) -> int | None:
        """Return the port that the host names, or None."""
        match = HOST.fullmatch(self.host)
        return int(match["port"]) if match and match["port"] else None

    def failure(self, answer: Answer) -> str:
        """Return why an answer is not the expected one, on one line; "" if it is."""
        if self.expect.fits(answer, f"{self.scheme}://{self.host}"):
            return ""
        took = f"the rule {answer.rule} took it" if answer.rule else "no rule took it"
        meant = f", as declared it is {self.rule}" if self.rule not in ("", answer.rule) else ""
        expected = f"expected {self.expect.told()}"
        return f"{self.name}: {expected}, and it is {answer.told()}; {took}{meant}"


def _refuse_header(name: str, value: t.Any) -> None:
    """Raise a ValueError for a header that cannot be sent, or that the test itself writes."""
    _matching("header", name, HEADER, "the name of a header")
    if name.lower() in OWN_HEADERS:
        raise ValueError(f"header {name}: the test itself writes it")
    if not line(f"header {name}", value).isascii():
        raise misfit(f"header {name}", value, "text of ASCII")


def _matching(key: str, value: t.Any, pattern: re.Pattern[str], wanted: str) -> str:
    if not pattern.fullmatch(line(key, value)):
        raise misfit(key, value, wanted)
    return str(value)


def parse_tests(entries: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[RouteTest, ...]:
    """Read the tests that a module was given; a PoolError names each that is wrong, one a line."""
    tests, problems = [], []
    for number, entry in enumerate(entries):
        try:
            tests.append(RouteTest.parse(entry))
        except ValueError as exc:
            problems.append(f"test {entry.get('name') or number}: {exc}")
    if problems:
        raise PoolError("\n".join(problems))
    return tuple(tests)


def write_tests(tests: t.Sequence[RouteTest]) -> str:
    """Return the text of TESTS_FILE, with a test on each line."""
    lines = ",\n".join(json.dumps(asdict(each), sort_keys=True) for each in tests)
    return f"[\n{lines}\n]\n"


def read_tests(text: str) -> tuple[RouteTest, ...]:
    """Return the tests of TESTS_FILE; "" has none. A PoolError says that the text is damaged."""
    try:
        entries = json.loads(text or "[]")
        made = [{**each, "expect": _with_pool(each["expect"])} for each in entries]
    except (AttributeError, KeyError, TypeError, ValueError):
        text = f"{TESTS_FILE} is damaged: run the playbook nginx_lb, which mends it"
        raise PoolError(text) from None
    return parse_tests(made)


def _with_pool(expect: dict[str, t.Any]) -> dict[str, t.Any]:
    """Return an expectation as `parse` reads it, from one as `asdict` writes it."""
    return {
        **{key: each for key, each in expect.items() if key != "pools"},
        "pool": expect["pools"],
    }
