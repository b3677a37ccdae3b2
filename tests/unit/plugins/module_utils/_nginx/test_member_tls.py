# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.member_tls import MemberTls
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import render_upstreams
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import NEWEST
from support.tls import SignedPair

CA = SignedPair.make(["shop.internal"]).certificate
MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 8443, "max_fails": 1}
VERIFIED = {"name": "shop.internal", "ca": CA}


def test_members_are_verified_by_name_against_a_ca() -> None:
    assert MemberTls.parse(VERIFIED, "webapp").render("upstreams/ca-webapp.pem") == (
        "proxy_ssl_server_name on;\n"
        "proxy_ssl_name shop.internal;\n"
        "proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
        "proxy_ssl_verify on;\n"
        "proxy_ssl_verify_depth 4;\n"
        "proxy_ssl_trusted_certificate upstreams/ca-webapp.pem;\n"
    )


def test_members_that_are_not_verified() -> None:
    assert MemberTls.parse({"verify": False}, "webapp").render("x") == (
        "proxy_ssl_server_name off;\nproxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
    )


@pytest.mark.parametrize(
    "entry, complaint",
    [
        ({}, "name and ca missing: nginx verifies the members by their name against a CA; write"),
        ({"name": "a"}, "ca missing: nginx verifies"),
        ({"ca": CA}, "name missing: nginx verifies"),
        ({"name": "a b", "ca": CA}, "name is 'a b', not a host name such as shop.internal"),
        ({"name": "a;", "verify": False}, "name is 'a;', not a host name"),
        ({"name": "a", "ca": "secret"}, "ca is not a text of certificates (PEM)"),
        ({"name": "a", "ca": 3}, "ca is 3, not"),
        ({"verify": "perhaps"}, "verify is 'perhaps', not"),
        ({"verfy": False}, "unknown key verfy; known: name, ca, verify; is verify meant?"),
        ("on", "'on'"),
    ],
)
def test_wrong_setting_is_named(entry: object, complaint: str) -> None:
    with pytest.raises(PoolError) as caught:
        MemberTls.parse(entry, "webapp")
    assert str(caught.value).startswith("pool webapp, tls: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("tls", [VERIFIED, {"verify": False}, None])
def test_pool_knows_its_policy(tls: dict | None) -> None:
    pool = Pool.parse({"name": "webapp", "members": [MEMBER], "tls": tls})
    assert pool.scheme == ("https" if tls else "http")
    assert Pool.parse(pool.params()) == pool


@pytest.mark.parametrize(
    "tls, files",
    [
        (VERIFIED, {"tls-webapp.conf", "ca-webapp.pem"}),
        ({"verify": False}, {"tls-webapp.conf"}),
        (None, set()),
    ],
)
def test_upstream_has_one_policy_for_all_that_asks_it(tls: dict | None, files: set) -> None:
    pool = Pool.parse({"name": "webapp", "members": [MEMBER], "tls": tls})
    found = render_upstreams([pool], [Listener(80, "webapp")], NEWEST)
    plain = {"http-webapp.conf", "http-webapp-any.conf", "steps-webapp.conf"}
    assert {path.removeprefix("upstreams/") for path in found} == plain | files
    steps = found["upstreams/steps-webapp.conf"]
    assert f"    proxy_pass {pool.scheme}://webapp_any;" in steps
    assert ("    include upstreams/tls-webapp.conf;\n" in steps) == bool(tls)
    assert found.get("upstreams/ca-webapp.pem", CA) == CA
