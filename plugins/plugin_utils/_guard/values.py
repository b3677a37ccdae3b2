# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gatekeeper is: rules in their order, what each matches and does. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._values.ranges import Span

ACTIONS = ("allow", "deny", "throttle", "ban", "redirect")
CLOSE = 444  # nginx's status for: close the connection without an answer
DEFAULT = "default"  # how logs name what decides where no rule does


class GatekeeperError(ValueError):
    """What is wrong with a gatekeeper; the message has one line for each fault."""


@dataclass(frozen=True)
class Limit:
    """A rate: requests in a minute, how many may come at once beyond it, and what is counted.

    key is "client" for each address, "all" for all requests together, or the name of a header.
    """

    per_minute: int
    burst: int = 0
    key: str = "client"


@dataclass(frozen=True)
class Match:
    """What a request has to be. All conditions have to hold; one value of each is enough.

    A condition without values holds for every request. sources are the ranges of the rule itself,
    lists the names of lists. A path "/a" is that path alone, "/a/*" is /a and all below it.
    """

    lists: tuple[str, ...] = ()
    sources: tuple[Span, ...] = ()
    paths: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    without_headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule: status is of deny, limit of throttle and ban, seconds of ban, url, code of redirect.

    A rule with preview decides nothing; what it would have done is logged and counted.
    """

    name: str
    priority: int
    match: Match = field(default_factory=Match)
    action: str = "allow"
    preview: bool = False
    status: int = 0
    limit: Limit | None = None
    seconds: int = 0
    url: str = ""
    code: int = 0

    @property
    def retry_after(self) -> int:
        """After how many seconds a client that this rule refused may try again; 0 if never."""
        if self.limit:
            return max(1, -(-60 // self.limit.per_minute))
        return 60 if self.status == 429 else 0


@dataclass(frozen=True)
class Gatekeeper:
    """Lists of ranges by name, rules in order of priority, and the rule for all other requests.

    from_files: the names of the lists that files hold, which other programs may write.
    """

    lists: t.Mapping[str, tuple[Span, ...]]
    rules: tuple[Rule, ...]
    default: Rule
    from_files: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Request:
    """A request: the client's IPv4 address, the path as nginx reads it, and headers in any case."""

    client: str
    path: str
    method: str = "GET"
    headers: t.Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What is decided of a request.

    rule: the name of the rule that decides. action: one of ACTIONS. would: "deny:NAME" if a rule in
    preview would have decided, else "". status: of a refusal or redirect, else 0.
    """

    rule: str
    action: str
    would: str = ""
    status: int = 0
    url: str = ""
