# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a URL map: hosts, rules, actions, tests, and what a request is decided to be."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

REDIRECT_CODES = (301, 302, 307, 308)


class UrlMapError(ValueError):
    """What is wrong with a URL map; the message has one line for each entry."""


@dataclass(frozen=True)
class Redirect:
    """Where a client is sent.

    url is a whole URL that replaces the client's. Without it, scheme and host replace those of the
    request; path replaces the whole path, and prefix that of the rule. "" keeps what the request
    has. strip_query leaves the query out.
    """

    url: str = ""
    scheme: str = ""
    host: str = ""
    path: str = ""
    prefix: str = ""
    code: int = 308
    strip_query: bool = False

    @property
    def needs_plain_path(self) -> bool:
        """Tell whether a part of the path is kept, so that it has to be written in its plain form.

        With the whole path and the query kept, the target is passed on as the client wrote it.
        """
        return bool(self.prefix) or (self.strip_query and not self.url and not self.path)


@dataclass(frozen=True)
class Answer:
    """What nginx answers by itself."""

    status: int
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Action:
    """What happens to a request: exactly one of pools, redirect and answer is given.

    pools: the weight of each pool by its name; one pool has the weight 1. rewrite replaces the
    rule's path or prefix before a member is asked. timeout and body_size are as nginx writes them,
    "" for those of the pool and the server. websockets None means as the server has it. waf tells
    whether a web application firewall inspects the requests.
    """

    pools: tuple[tuple[str, int], ...] = ()
    redirect: Redirect | None = None
    answer: Answer | None = None
    rewrite: str = ""
    timeout: str = ""
    body_size: str = ""
    buffering: bool = True
    websockets: bool | None = None
    waf: bool = False


@dataclass(frozen=True)
class Rule:
    """A path, conditions, and what happens to the requests that fit.

    place: such as "hosts[0].rules[1]". path: "/api" is that path alone, and "/api/*" is /api and
    all below it. methods: () admits all. headers: pairs of a name and what its value has to be;
    True stands for any value, and False for none.
    """

    place: str
    path: str
    action: Action
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, str | bool], ...] = ()

    @property
    def is_prefix(self) -> bool:
        """Tell whether the rule takes more than one path."""
        return self.path.endswith("/*")

    @property
    def stem(self) -> str:
        """The path without the asterisk: /api of /api/*, and "" of /*."""
        return self.path[:-2] if self.is_prefix else self.path

    @property
    def conditional(self) -> bool:
        """Tell whether a request with the rule's path may not fit."""
        return bool(self.methods or self.headers)

    @property
    def title(self) -> str:
        """How messages name the rule: "hosts[0].rules[1] /api/*"."""
        return f"{self.place} {self.path}".strip()


@dataclass(frozen=True)
class Host:
    """The rules for requests to some names; without names, for those to any other name.

    default is the rule that takes what no other rule takes; its path is "".
    """

    place: str
    names: tuple[str, ...]
    rules: tuple[Rule, ...]
    default: Rule | None

    @property
    def label(self) -> str:
        """The name that stands for the host in logs: its first, or "*"."""
        return self.names[0] if self.names else "*"


@dataclass(frozen=True)
class Request:
    """A request as a client sends it.

    target: path and query as they stand in the request line, such as "/a%20b?c=1". headers are by
    name, in any case.
    """

    host: str
    target: str
    method: str = "GET"
    headers: t.Mapping[str, str] = field(default_factory=dict)
    scheme: str = "http"


@dataclass(frozen=True)
class Decision:
    """What happens to a request.

    kind is "pool", "redirect" or "status". pools: names, of which any may be chosen; path: the
    target that the member gets. url: the header Location of a redirect. code: the status, 0 for a
    pool. rule: the title of the rule that took it, or why there is none.
    """

    kind: str
    rule: str
    pools: tuple[str, ...] = ()
    path: str = ""
    url: str = ""
    code: int = 0


@dataclass(frozen=True)
class Expected:
    """What a test expects; only one of pools, redirect and status is given, and "" expects nothing.

    pools: the names of which any may be chosen. path: the target that the member gets. code: the
    status of the redirect, 0 for any.
    """

    pools: tuple[str, ...] = ()
    path: str = ""
    redirect: str = ""
    code: int = 0
    status: int = 0


@dataclass(frozen=True)
class StoredTest:
    """A request, and what is expected to happen to it."""

    place: str
    request: Request
    expected: Expected

    @property
    def title(self) -> str:
        """How messages name the test: "tests[3] GET https://shop.example/api/x"."""
        asked = self.request
        return f"{self.place} {asked.method} {asked.scheme}://{asked.host}{asked.target}"


@dataclass(frozen=True)
class UrlMap:
    """All hosts and tests. strict_paths refuses paths that are not in their plain form with 400."""

    hosts: tuple[Host, ...] = ()
    tests: tuple[StoredTest, ...] = ()
    strict_paths: bool = False
