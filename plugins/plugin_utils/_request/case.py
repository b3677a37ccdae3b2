# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One question to one load balancer, and a step of the request through its nginx."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .balancer import Balancer, Record
from .decisions import POOL, Route
from .question import Question

CHALLENGE = "/.well-known/acme-challenge/"
NO_CLIENT = "not judged without the client's address: add -e client=203.0.113.7"


@dataclass(frozen=True)
class Step:
    """One step: what it is, the value read, and what becomes of the request if it ends here.

    refused tells that the request ends before a pool, a redirect or an answer that was asked for.
    """

    name: str
    evidence: str
    outcome: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Case:
    """A question to one load balancer, and the listener that takes it; {} if none does."""

    question: Question
    balancer: Balancer
    listener: Record

    @classmethod
    def of(cls, question: Question, balancer: Balancer) -> Case:
        """Return the case of a question: its listener is the one on the port of the URL."""
        fitting = [
            each
            for each in balancer.listeners
            if each["port"] == question.port and each.get("protocol") == "http"
        ]
        return cls(question, balancer, next(iter(fitting), {}))

    @property
    def is_challenge(self) -> bool:
        """Tell whether it asks for a challenge of ACME, which is denied to nobody."""
        return self.question.path.startswith(CHALLENGE)

    def route(self) -> Route:
        """Return what the URL map decides, or the pool of the listener if there is none."""
        if self.balancer.router:
            return self.balancer.router(self.question)
        return Route(POOL, ((self.listener["pool"], 1),), self.question.target)


def refusal(name: str, evidence: str, outcome: str) -> Step:
    """Return the step that refuses a request."""
    return Step(name, evidence, outcome, refused=True)


def within(client: str, ranges: t.Iterable[t.Any]) -> bool:
    """Tell whether an address is in one of the ranges."""
    address = ipaddress.ip_address(client)
    return any(address in ipaddress.ip_network(str(each)) for each in ranges)
