# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stored tests of a URL map, run by the stand-ins of a release with the map's own locations."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import (
    parse_tests,
    write_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standins import (
    refuse_failing_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.closing import pools_text
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.routes import render_host
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.stored import (
    failed_tests,
    standin_tests,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import UrlMap
from support.nginx import programs
from support.routed import pool_settings
from support.standins import ProgramRunner, edge_release

found = programs()

POOLS = {name: pool_settings(name) for name in ("web", "api", "next")}
URL = "https://shop.example"
BETA = {"X-Beta": "1"}
RULES = [
    {"path": "/api/*", "pool": "api", "rewrite": "/v2"},
    {"path": "/api/old", "redirect": {"path": "/api/new", "code": 301}},
    {"path": "/gone", "answer": {"status": 410}},
    {"path": "/beta/*", "methods": ["GET"], "headers": BETA, "pool": "next"},
    {"path": "/split", "pools": {"api": 1, "next": 1}},
    {"path": "/whole/*", "redirect": {"scheme": "https", "host": "new.example"}},
]
TESTS = [
    {"url": f"{URL}/", "expect": {"pool": "web", "path": "/"}},
    {"url": f"{URL}/api/a%2Fb?c", "expect": {"pool": "api", "path": "/v2/a/b?c"}},
    {"url": f"{URL}/apix", "expect": {"pool": "web"}},
    {"url": f"{URL}/api/old?x", "expect": {"redirect": "/api/new?x", "code": 301}},
    {"url": f"{URL}/api/old", "expect": {"redirect": f"{URL}/api/new"}},
    {"url": f"{URL}/gone", "expect": {"status": 410}},
    {"url": f"{URL}/beta/x", "headers": BETA, "expect": {"pool": "next"}},
    {"url": f"{URL}/beta/x", "expect": {"pool": "web"}},
    {
        "url": f"{URL}/beta/x",
        "method": "POST",
        "headers": {"X-Beta": "1"},
        "expect": {"pool": "web"},
    },
    {"url": f"{URL}/split", "expect": {"pool": ["api", "next"]}},
    {"url": f"{URL}/whole/%41//?b", "expect": {"redirect": "https://new.example/whole/%41//?b"}},
]


def read(rules: list[dict[str, t.Any]], tests: list[dict[str, t.Any]]) -> UrlMap:
    """Return a URL map of one host."""
    host = {"names": ["shop.example"], "default": "web", "rules": rules}
    return read_url_map({"hosts": [host], "tests": tests}, POOLS)


def release(url_map: UrlMap, counted: bool = False) -> NginxRelease:
    """Return a release that serves a map at shop.example, with its tests."""
    rendered = render_host(url_map, url_map.hosts[0], POOLS, counted=counted)
    upstreams = {
        f"upstreams/http-{name}.conf": f"upstream {name} {{ server 10.1.0.2:3000; }}"
        for name in POOLS
    }
    split = 'map "" $peerlb_request_id { default "$connection-$connection_requests"; }\n'
    servers = edge_release()["servers.conf"]
    own = servers[: servers.index("location /")] + rendered.server + "}\n"
    files = {**edge_release(map_conf=split + rendered.http), "servers.conf": own, **upstreams}
    tests = write_tests(parse_tests(standin_tests(url_map)))
    return NginxRelease({**files, "live-pools.conf": pools_text(POOLS), "tests.json": tests})


def refusal(url_map: UrlMap, counted: bool = False) -> list[str]:
    """Return the lines by which a release with a map is refused; [] if it is not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        runner = ProgramRunner(found[-1], Path(root, ".standins"))
        try:
            made = release(url_map, counted)
            refuse_failing_tests(made, None, Path(root, "releases/.staging"), runner)
        except ServiceError as exc:
            return str(exc).splitlines()
        finally:
            runner.stop()
    return []


@pytest.mark.parametrize("counted", [False, True])
def test_tests_pass_on_nginx_as_by_the_evaluator(counted) -> None:
    url_map = read(RULES, TESTS)
    assert failed_tests(url_map) == []
    assert refusal(url_map, counted) == []


@pytest.mark.parametrize("number", range(len(TESTS)))
def test_each_test_can_fail(number) -> None:
    """Without the rules all requests go to the pool web, and nobody is redirected."""
    wrong = {**TESTS[number], "expect": {"pool": "next", "path": "/none"}}
    url_map = read(RULES, [wrong])
    assert len(failed_tests(url_map)) == 1
    (head, line) = refusal(url_map)
    assert head.startswith("1 of 1 tests of the URL map fail")
    assert line.startswith(
        f"tests[0] {wrong.get('method', 'GET')} {wrong['url']}: expected pool next"
    )


def test_a_thousand_rules_pass_a_thousand_tests() -> None:
    rules, tests = [], []
    for number in range(1000):
        pool = ("api", "next")[number % 2]
        rules.append({"path": f"/r{number}/*", "pool": pool})
        target = f"/r{number}/a%2Fb?x"
        tests.append({"url": URL + target, "expect": {"pool": pool, "path": target}})
    url_map = read(rules, tests)
    assert refusal(url_map) == []
