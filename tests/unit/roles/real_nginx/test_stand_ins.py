# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stored tests of a URL map on the role's own files, in a real nginx with stand-ins."""

from __future__ import annotations

import tempfile
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.route_tests import parse_tests
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standins import (
    refuse_failing_tests,
)
from ansible_collections.peerlb.stack.plugins.module_utils._live.engine import Engine
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import ServiceError
from support.nginx import Program, programs
from support.standins import ProgramRunner

found = programs()

WEB = [{"name": f"web{each}", "address": f"10.1.0.{each}", "port": 3000} for each in (1, 2)]
DB = [{"name": "db1", "address": "10.2.0.2", "port": 3306}]
POOLS = [
    Pool.parse({"name": name, "members": members}).params()
    for name, members in (("webapp", WEB), ("mysql", DB))
]
LISTENERS = [
    {
        "port": 80,
        "pool": "webapp",
        "protocol": "http",
        "address": "10.0.0.2",
        "allow": ["203.0.113.0/24"],
    },
    {"port": 3306, "pool": "mysql", "protocol": "tcp"},
]


@pytest.fixture
def refusal(role) -> t.Iterator[t.Callable[..., str]]:
    """Return why a release of the role's files is refused for one test; "" if it is not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as root:

        def run(
            program: Program,
            expect: dict,
            listeners: list,
            test: dict | None = None,
            **variables: t.Any,
        ) -> str:
            files = role.get(
                "__nginx_lb_templates | combine(__nginx_lb_parts)",
                nginx_lb_pools=POOLS,
                nginx_lb_listeners=listeners,
                nginx_lb_image=f"nginx:{program.version}",
                **{"nginx_lb_server_names": ["shop.example"], **variables},
            )
            # What the container has and this machine has not.
            own = {
                p: text.replace("/etc/nginx/mime.types", "types.conf") for p, text in files.items()
            }
            own["types.conf"] = "types { text/plain txt; }"
            asked = {"host": "shop.example", "target": "/a%2Fb?c", **(test or {})}
            engine = Engine("dns", 8053)
            inputs = Inputs.parse(own, POOLS, listeners, program.version, engine)
            release = replace(
                inputs, tests=parse_tests([{"name": "t", "expect": expect, **asked}])
            ).release()
            return _refusal(release, ProgramRunner(program, Path(root, ".standins")))

        yield run


def _refusal(release: NginxRelease, runner: ProgramRunner) -> str:
    try:
        refuse_failing_tests(release, None, runner.place.parent / "releases/.staging", runner)
    except ServiceError as exc:
        return str(exc)
    return ""


GOOD = {"pool": ["webapp"], "path": "/a%2Fb?c"}


@pytest.mark.parametrize("program", found, ids=lambda program: program.version)
@pytest.mark.parametrize("trusted", [[], ["35.191.0.0/16"]])
def test_request_reaches_the_pool_of_its_listener(refusal, program, trusted) -> None:
    assert refusal(program, GOOD, LISTENERS, nginx_lb_trusted_proxies=trusted) == ""
    told = refusal(program, {"status": 404}, LISTENERS, nginx_lb_trusted_proxies=trusted)
    assert "t: expected status 404, and it is pool webapp gets GET /a%2Fb?c" in told


def test_settings_of_users_do_not_disturb(refusal) -> None:
    settings = {
        "nginx_lb_limit_conn": 1,
        "nginx_lb_extra": {
            "http": "limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;",
            "server": "limit_req zone=few; auth_basic_user_file secrets/none; deny all;",
        },
    }
    assert refusal(found[-1], GOOD, LISTENERS[:1], **settings) == ""


SECURE = [
    {"port": 80, "pool": "webapp", "protocol": "http"},
    {"port": 443, "pool": "webapp", "protocol": "http", "tls": True},
]
SHOP = {
    "nginx_lb_server_names": [],
    "nginx_lb_certificates": [{"name": "shop", "names": ["shop.example"], "source": "given"}],
    "nginx_lb_url_map": {
        "hosts": [
            {
                "names": ["shop.example"],
                "default": "webapp",
                "rules": [
                    {"path": "/v1/*", "pool": "webapp", "rewrite": "/v2"},
                    {"path": "/old", "redirect": {"path": "/new", "code": 301}},
                ],
            }
        ]
    },
}


RATE = {"name": "all", "priority": 1, "action": "throttle", "rate": "1/m"}


@pytest.mark.parametrize("gatekeeper", [{}, {"rules": [RATE]}], ids=["no rates", "rates"])
@pytest.mark.parametrize(
    ("expect", "changes"),
    [
        (GOOD, {}),
        ({"pool": ["webapp"], "path": "/v2/x"}, {"target": "/v1/x"}),
        ({"redirect": "/new", "code": 301}, {"target": "/old"}),
        (
            {"redirect": "https://shop.example/old", "code": 308},
            {"target": "/old", "scheme": "http"},
        ),
        ({"status": 421}, {"host": "other.example", "scheme": "http"}),
    ],
)
def test_url_map_of_the_role_is_asked_over_both_listeners(
    refusal, expect, changes, gatekeeper
) -> None:
    asked = {"scheme": "https", **changes}
    settings = {**SHOP, "nginx_lb_gatekeeper": gatekeeper}
    assert refusal(found[-1], expect, SECURE, test=asked, **settings) == ""


def test_undeclared_name_gets_no_answer_by_tls(refusal) -> None:
    asked = {"scheme": "https", "host": "other.example"}
    told = refusal(found[-1], GOOD, SECURE, test=asked, **SHOP)
    assert told.endswith("and it is no answer: the connection is closed; no rule took it")


@pytest.mark.parametrize("fail", ["open", "closed"])
def test_guarded_route_reaches_its_pool_without_the_firewall(refusal, fail) -> None:
    rule = {"path": "/v1/*", "pool": "webapp", "rewrite": "/v2", "waf": True}
    hosts = [{"names": ["shop.example"], "rules": [rule], "default": "webapp"}]
    settings = {"nginx_lb_url_map": {"hosts": hosts}, "nginx_lb_waf": {"fail": fail}}
    expect, asked = {"pool": ["webapp"], "path": "/v2/a%20b"}, {"target": "/v1/a%20b"}
    listeners = [{**LISTENERS[0], "port": 8080}]
    assert refusal(found[-1], expect, listeners, test=asked, **settings) == ""
    told = refusal(found[-1], {"status": 404}, listeners, test=asked, **settings)
    assert "shop.example /v1/*" in told
