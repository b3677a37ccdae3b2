# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests that stand beside the routes: run by the evaluator, or handed to a host. No I/O."""

from __future__ import annotations

import typing as t

from .evaluate import Evaluator
from .values import Decision, Expected, Request, StoredTest, UrlMap

First = t.Callable[[Request], "Decision | None"]


def failed_tests(url_map: UrlMap, first: First | None = None) -> list[str]:
    """Return a message for each test that fails: expected, actual, and the rule that took it.

    first: what a listener answers before the URL map is asked, None where it is asked.
    """
    evaluator = Evaluator(url_map)
    problems = []
    for test in url_map.tests:
        actual = (first(test.request) if first else None) or evaluator.decide(test.request)
        if not meets(test, actual):
            problems.append(
                f"{test.title}: expected {_expected(test.expected)}; actual {_actual(actual)},"
                f" by {actual.rule}"
            )
    return problems


def meets(test: StoredTest, actual: Decision) -> bool:
    """Tell whether a request was decided as its test expects."""
    wanted = test.expected
    if wanted.pools:
        paths = ("", actual.path)
        return (
            bool(actual.pools) and set(actual.pools) <= set(wanted.pools) and wanted.path in paths
        )
    if wanted.redirect:
        asked = test.request
        origin = f"{asked.scheme}://{asked.host}"
        urls = {each if "://" in each else origin + each for each in (wanted.redirect, actual.url)}
        return actual.kind == "redirect" and len(urls) == 1 and wanted.code in (0, actual.code)
    return actual.kind == "status" and actual.code == wanted.status


def standin_tests(url_map: UrlMap) -> list[dict[str, t.Any]]:
    """Return the tests as plain data for a host, which runs them against its nginx.

    {"name": "tests[3] GET https://shop.example/api/x", "scheme": "https", "host": "shop.example",
    "target": "/api/x", "method": "GET", "headers": {}, "rule": "hosts[0].rules[1] /api/*",
    "expect": {"pool": ["api"], "path": None, "redirect": None, "code": None, "status": None}}.
    Any of the pools may answer. A redirect may be a path, as may the header Location: both are to
    be joined with the URL of the test. rule is the one that takes the request by the evaluator.
    """
    evaluator = Evaluator(url_map)
    return [_plain(test, evaluator.decide(test.request)) for test in url_map.tests]


def _plain(test: StoredTest, decision: Decision) -> dict[str, t.Any]:
    asked, wanted = test.request, test.expected
    return {
        "name": test.title,
        "scheme": asked.scheme,
        "host": asked.host,
        "target": asked.target,
        "method": asked.method,
        "headers": dict(asked.headers),
        "expect": {
            "pool": list(wanted.pools) or None,
            "path": wanted.path or None,
            "redirect": wanted.redirect or None,
            "code": wanted.code or None,
            "status": wanted.status or None,
        },
        "rule": decision.rule,
    }


def _expected(wanted: Expected) -> str:
    if wanted.pools:
        return f"pool {' or '.join(wanted.pools)}" + (f" with {wanted.path}" if wanted.path else "")
    if wanted.redirect:
        return f"redirect to {wanted.redirect}" + (f" with {wanted.code}" if wanted.code else "")
    return f"status {wanted.status}"


def _actual(actual: Decision) -> str:
    if actual.kind == "pool":
        return f"pool {' or '.join(actual.pools)} with {actual.path}"
    if actual.kind == "redirect":
        return f"redirect to {actual.url} with {actual.code}"
    return f"status {actual.code}" if actual.code else "no answer"
