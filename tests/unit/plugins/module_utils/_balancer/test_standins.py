# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

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
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_files import Listening
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standins import (
    listener_for,
    refuse_failing_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from support.nginx import NO_NGINX, programs
from support.standins import ProgramRunner, edge_release

found = programs()
with_nginx = pytest.mark.skipif(not found, reason=NO_NGINX)

RULES = """
location = /api { set $peerlb_pool api; set $peerlb_route "shop.example /api/*";
    if ($peerlb_closed_web) { return 503; } proxy_pass https://api; }
location ^~ /api/ { set $peerlb_pool api; set $peerlb_route "shop.example /api/*";
    if ($peerlb_closed_web) { return 503; } proxy_pass https://api; }
location ^~ /v1/ { set $peerlb_pool api; set $peerlb_route "shop.example /v1/*";
    rewrite ^/v1/(.*)$ /v2/$1 break; proxy_pass http://api; }
location = /old { set $peerlb_route "shop.example /old"; add_header Cache-Control no-store;
    return 301 /new?a; }
location = /whole { return 302 $scheme://$host:$server_port/x; }
location = /gone { set $peerlb_route "shop.example /gone"; return 410 "gone"; }
location = /split { set $peerlb_pool $peerlb_share_1; proxy_pass http://$peerlb_share_1; }
location = /other { proxy_pass http://elsewhere.example:8080; }
location = /closed { return 444; }
"""


def entry(target: str, expect: dict[str, t.Any], **changes: t.Any) -> dict[str, t.Any]:
    """Return a test of a request to the listener of TLS."""
    named = {"name": target, "scheme": "https", "host": "shop.example", "target": target}
    return {**named, "expect": expect, **changes}


def release(*entries: dict[str, t.Any], **files: str) -> NginxRelease:
    """Return a release with these tests."""
    tests = write_tests(parse_tests(entries))
    return NginxRelease({**edge_release(RULES, **files), "tests.json": tests})


@pytest.fixture
def runner() -> t.Iterator[ProgramRunner]:
    """Return what starts the newest nginx, in a directory with a short path."""
    with tempfile.TemporaryDirectory(dir="/tmp") as root:
        runner = ProgramRunner(found[-1], Path(root, ".standins"))
        yield runner
        runner.stop()


def refuse(runner: ProgramRunner, wanted: NginxRelease, present: NginxRelease | None = None):
    """Run the tests of a release."""
    refuse_failing_tests(wanted, present, runner.place.parent / "releases/.staging", runner)


def problems(runner: ProgramRunner, wanted: NginxRelease) -> list[str]:
    """Return the lines of the refusal of a release."""
    with pytest.raises(ServiceError) as error:
        refuse(runner, wanted)
    return str(error.value).splitlines()


@with_nginx
@pytest.mark.parametrize(
    ("target", "expect", "changes"),
    [
        ("/", {"pool": "web", "path": "/"}, {}),
        ("/api", {"pool": "api", "path": "/api"}, {}),
        ("/api/a%2Fb//c?x=%20&", {"pool": "api", "path": "/api/a%2Fb//c?x=%20&"}, {}),
        ("/apix", {"pool": "web"}, {}),
        ("/v1/x?y", {"pool": "api", "path": "/v2/x?y"}, {}),
        ("/old", {"redirect": "/new?a", "code": 301}, {}),
        ("/old", {"redirect": "https://shop.example/new?a"}, {}),
        ("/whole", {"redirect": "https://shop.example:443/x", "code": 302}, {}),
        ("/gone", {"status": 410}, {}),
        ("/split", {"pool": ["web", "api"]}, {}),
        ("/other", {"pool": "elsewhere.example:8080"}, {}),
        ("/", {"pool": "web"}, {"method": "POST"}),
        ("/", {"pool": "web"}, {"method": "HEAD", "headers": {"X-A": "b"}}),
        ("/a?b", {"redirect": "https://shop.example/a?b", "code": 308}, {"scheme": "http"}),
        ("/", {"status": 421}, {"scheme": "http", "host": "other.example"}),
        ("/.well-known/acme-challenge/x", {"pool": "web"}, {}),
    ],
)
def test_real_nginx_answers_as_expected(runner, target, expect, changes) -> None:
    refuse(runner, release(entry(target, expect, **changes)))
    assert runner.started == 1
    assert not runner.place.exists()


@with_nginx
def test_release_is_refused_with_expected_actual_and_rule(runner) -> None:
    wanted = release(
        entry("/", {"pool": "web"}),
        entry("/api/x", {"pool": "web", "path": "/x"}, rule="shop.example /*"),
        entry("/gone", {"status": 404}),
        entry("/old", {"redirect": "/other"}),
        entry("/closed", {"pool": "web"}),
        entry("/", {"pool": "web"}, host="other.example"),
        entry("/", {"pool": "web"}, host="shop.example:444"),
        entry("/api/", {"pool": "api"}),
    )
    took = "the rule shop.example"
    assert problems(runner, wanted) == [
        "6 of 8 tests of the URL map fail, nothing was changed:",
        "/api/x: expected pool web gets /x, and it is pool api gets GET /api/x;"
        f" {took} /api/* took it, as declared it is shop.example /*",
        f"/gone: expected status 404, and it is status 410; {took} /gone took it",
        "/old: expected a redirect to /other, and it is a redirect to /new?a (301);"
        f" {took} /old took it",
        "/closed: expected pool web, and it is no answer: the connection is closed;"
        " no rule took it",
        "/: expected pool web, and it is no answer: the connection is closed; no rule took it",
        "/: no listener takes https on port 444",
    ]
    assert not runner.place.exists()


@with_nginx
def test_only_the_first_failures_are_told(runner) -> None:
    lines = problems(runner, release(*[entry("/gone", {"pool": "web"})] * 23))
    assert len(lines) == 22
    assert lines[-1] == "and 3 more"


@with_nginx
def test_copy_that_nginx_does_not_take_is_refused_with_its_words(runner) -> None:
    wanted = release(entry("/", {"pool": "web"}), map_conf="nonsense on;")
    assert 'unknown directive "nonsense"' in problems(runner, wanted)[-1]


@with_nginx
def test_thousand_tests_of_a_thousand_rules_pass(runner) -> None:
    rules = "".join(
        f'location ^~ /r{each}/ {{ set $peerlb_route "r{each}"; proxy_pass http://api; }}\n'
        for each in range(1000)
    )
    tests = [entry(f"/r{each}/x", {"pool": "api", "path": f"/r{each}/x"}) for each in range(1000)]
    files = edge_release(rules)
    refuse(runner, NginxRelease({**files, "tests.json": write_tests(parse_tests(tests))}))
    assert runner.started == 1


@with_nginx
def test_tests_that_were_passed_are_not_run_again_for_other_weights(runner) -> None:
    present = release(entry("/", {"pool": "web"}))
    weights = "upstream api { server 10.1.0.9:3000 weight=7; }"
    refuse(runner, NginxRelease({**present.files, "upstreams/http-api.conf": weights}), present)
    assert runner.started == 0
    refuse(runner, release(entry("/x", {"pool": "web"})), present)
    assert runner.started == 1
    image = {"compose.yml": 'image: "nginx:2"'}
    refuse(runner, NginxRelease({**present.files, **image}), present)
    assert runner.started == 2
    refuse(runner, present, NginxRelease({"nginx.conf": "{"}))
    assert runner.started == 3


class Never(ProgramRunner):
    """Fails if anything is started."""

    def __init__(self) -> None:
        self.place = Path("/nowhere")

    def stop(self) -> None:
        raise AssertionError("nothing was to be started")


def test_release_without_tests_starts_nothing() -> None:
    refuse_failing_tests(NginxRelease({"nginx.conf": "{"}), None, Path("/nowhere"), Never())


def test_damaged_tests_are_a_refusal() -> None:
    with pytest.raises(ServiceError, match=r"cannot run.*: tests\.json is damaged"):
        refuse_failing_tests(NginxRelease({"tests.json": "{"}), None, Path("/nowhere"), Never())


HTTP, TLS = Listening(80, False, "a"), Listening(443, True, "b")
HTTP8, TLS8 = Listening(8080, False, "c"), Listening(8443, True, "d")


@pytest.mark.parametrize(
    ("scheme", "host", "listeners", "wanted"),
    [
        ("http", "x", [HTTP, TLS], HTTP),
        ("https", "x", [HTTP, TLS], TLS),
        ("https", "x", [HTTP], None),
        ("http", "x", [HTTP8, TLS8], HTTP8),
        ("http", "x:80", [HTTP8], None),
        ("https", "x:8443", [TLS, TLS8], TLS8),
        ("https", "x:8080", [HTTP8, TLS], None),
        ("http", "x", [HTTP8, Listening(81, False, "e")], None),
    ],
)
def test_listener_of_a_test_is_that_of_its_url(scheme, host, listeners, wanted) -> None:
    (test,) = parse_tests([entry("/", {"pool": "web"}, scheme=scheme, host=host)])
    assert listener_for(test, listeners) == wanted
