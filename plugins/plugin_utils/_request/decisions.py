# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the URL map and the gatekeeper decide about a request, in the form that is explained."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .question import Question

POOL, REDIRECT, ANSWER = "pool", "redirect", "answer"


@dataclass(frozen=True)
class Route:
    """Where a request goes: to pools, to another URL, or nowhere, as nginx answers by itself.

    pools are the names with their weights, path is what the member sees, url and code are those of
    a redirect, and code is that of an answer, too. rule tells in words which rule took it, or why
    none did; "" is the pool of the listener.
    """

    kind: str
    pools: tuple[tuple[str, int], ...] = ()
    path: str = ""
    url: str = ""
    code: int = 0
    rule: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the gatekeeper says: the action of the rule that matched first, as in the log.

    would is the action that a rule with preview would have. rule is the rule's name, "default" if
    none matched, and told is what the rule says besides, such as "status 429".
    """

    rule: str
    action: str = "allow"
    would: str = ""
    told: str = ""


Router = t.Callable[[Question], Route]
Guard = t.Callable[[Question], Verdict]
