# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL map as the steps ask it."""

from __future__ import annotations

import typing as t

from .._url_map.evaluate import Evaluator
from .._url_map.reading import read_url_map
from .._url_map.values import Request, Rule, UrlMap
from .decisions import ANSWER, POOL, REDIRECT, Route, Router
from .question import PORTS, Question

KINDS = {"pool": POOL, "redirect": REDIRECT, "status": ANSWER}


def router_of(declared: t.Any, pools: t.Iterable[str]) -> Router | None:
    """Return what decides by a declared URL map; None if there is none.

    pools are the names of the pools that are live. A ValueError names all that is wrong in the map.
    """
    if not declared:
        return None
    url_map = read_url_map(declared, pools)
    evaluator, rules = Evaluator(url_map), _rules(url_map)

    def decide(question: Question) -> Route:
        found = evaluator.decide(_request(question))
        rule = rules.get(found.rule)
        pools = rule.action.pools if rule and found.pools else ()
        told = f"rule {found.rule}" if rule else found.rule
        told += " by way of the web application firewall" if rule and rule.action.waf else ""
        return Route(KINDS[found.kind], pools, found.path, found.url, found.code, told)

    return decide


def _rules(url_map: UrlMap) -> dict[str, Rule]:
    """Return all rules by their titles, with those that a default stands for."""
    every = (rule for host in url_map.hosts for rule in (*host.rules, host.default) if rule)
    return {rule.title: rule for rule in every}


def _request(question: Question) -> Request:
    usual = question.port == PORTS[question.scheme]
    host = question.host if usual else f"{question.host}:{question.port}"
    return Request(host, question.target, question.method, question.headers, question.scheme)
