# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tests beside the routes."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.stored import (
    failed_tests,
    standin_tests,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import UrlMap

ROOT = Path(__file__).parents[5]
RULES = [
    {"path": "/api/*", "pool": "api", "rewrite": "/v2"},
    {"path": "/both", "pools": {"web": 1, "api": 1}},
    {"path": "/old/*", "redirect": {"prefix": "/new", "code": 301}},
    {"path": "/gone", "answer": {"status": 410}},
]


def read(*tests: dict[str, t.Any]) -> UrlMap:
    """Return a map with these tests."""
    hosts = [{"names": ["shop.example"], "rules": RULES, "default": "web"}]
    return read_url_map({"hosts": hosts, "tests": list(tests)}, ["web", "api"])


def case(asked: str, **expect: t.Any) -> dict[str, t.Any]:
    """Return a test of a path: what is asked, and what is expected."""
    return {"url": f"https://shop.example{asked}", "expect": expect}


@pytest.mark.parametrize(
    "good",
    [
        case("/", pool="web"),
        case("", pool="web", path="/"),
        case("/api/a?b=1", pool="api", path="/v2/a?b=1"),
        case("/both", pool=["api", "web"]),
        case("/old/a", redirect="/new/a"),
        case("/old/a", redirect="https://shop.example/new/a", code=301),
        case("/gone", status=410),
        case("/..", status=400),
        {"url": "http://other/", "expect": {"status": 421}},
    ],
)
def test_good_test_says_nothing(good) -> None:
    assert failed_tests(read(good)) == []


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (
            case("/api/a", pool="web"),
            "tests[0] GET https://shop.example/api/a: expected pool web;"
            " actual pool api with /v2/a, by hosts[0].rules[0] /api/*",
        ),
        (
            case("/api/a", pool="api", path="/api/a"),
            "tests[0] GET https://shop.example/api/a: expected pool api with /api/a;"
            " actual pool api with /v2/a, by hosts[0].rules[0] /api/*",
        ),
        (
            case("/both", pool="api"),
            "tests[0] GET https://shop.example/both: expected pool api;"
            " actual pool web or api with /both, by hosts[0].rules[1] /both",
        ),
        (
            case("/old/a", redirect="/new/a", code=308),
            "tests[0] GET https://shop.example/old/a: expected redirect to /new/a with 308;"
            " actual redirect to /new/a with 301, by hosts[0].rules[2] /old/*",
        ),
        (
            case("/", status=404),
            "tests[0] GET https://shop.example/: expected status 404;"
            " actual pool web with /, by hosts[0].default",
        ),
        (
            case("/gone", redirect="https://a/"),
            "tests[0] GET https://shop.example/gone: expected redirect to https://a/;"
            " actual status 410, by hosts[0].rules[3] /gone",
        ),
    ],
)
def test_bad_test_is_told_with_expected_actual_and_rule(bad, told) -> None:
    assert failed_tests(read(bad)) == [told]


def test_method_and_headers_are_those_of_the_test() -> None:
    url_map = read({**case("/", pool="web"), "method": "PUT", "headers": {"X-A": "1"}})
    assert standin_tests(url_map) == [
        {
            "name": "tests[0] PUT https://shop.example/",
            "scheme": "https",
            "host": "shop.example",
            "target": "/",
            "method": "PUT",
            "headers": {"X-A": "1"},
            "expect": {
                "pool": ["web"],
                "path": None,
                "redirect": None,
                "code": None,
                "status": None,
            },
            "rule": "hosts[0].default",
        }
    ]


def test_map_of_the_documents_passes_its_tests() -> None:
    text = re.findall("```yaml\n(.*?)```", (ROOT / "docs/url-map.md").read_text(), re.DOTALL)[0]
    declared = yaml.safe_load(text)["peerlb_url_map"]
    url_map = read_url_map(declared, ["webapp", "api", "api_next"])
    assert len(url_map.tests) == 3
    assert failed_tests(url_map) == []


def test_thousand_rules_and_tests_are_read_and_run() -> None:
    rules = [{"path": f"/a{n}/b/*", "pool": "api"} for n in range(1000)]
    tests = [case(f"/a{n}/b/c/d?e", pool="api", path=f"/a{n}/b/c/d?e") for n in range(1000)]
    tests[999]["expect"] = {"pool": "web"}
    hosts = [{"names": ["shop.example"], "rules": rules, "default": "web"}]
    url_map = read_url_map({"hosts": hosts, "tests": tests}, ["web", "api"])
    assert [each.split(":")[0] for each in failed_tests(url_map)] == ["tests[999] GET https"]
