# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.edge import (
    EdgeError,
    edge_files,
    read_edge,
)

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000}
HTTP = {"port": 80, "pool": "webapp"}
HTTPS = {"port": 443, "pool": "webapp", "tls": True}
SHOP = {"name": "shop", "names": ["shop.example"], "source": "given"}
PLAIN = {
    "listeners": [HTTP],
    "pools": [Pool.parse({"name": "webapp", "members": [MEMBER]}).params()],
    "version": "1.30",
}
SECURE = {**PLAIN, "listeners": [HTTP, HTTPS], "certificates": [SHOP]}
CA = "-----BEGIN CERTIFICATE-----\nx\n"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({**PLAIN, "certificates": [SHOP]}, "no flow of protocol https leads to the load bal"),
        ({**SECURE, "certificates": []}, "listener 443: it is https, and peerlb_certificates"),
        ({**SECURE, "tls": {"profile": "old"}}, "peerlb_tls: profile"),
        ({**SECURE, "tls": {"unknown_names": "x"}}, "unknown_names is x"),
        (
            {**SECURE, "listeners": [HTTPS], "certificates": [{**SHOP, "source": "acme"}]},
            "a CA asks by http for certificates of source acme",
        ),
        (
            {**SECURE, "url_map": {"hosts": [{"names": ["x.example"], "default": "webapp"}]}},
            "no certificate covers x.example",
        ),
        ({**PLAIN, "url_map": {"hosts": [{"default": "shop"}]}}, "peerlb_url_map.hosts[0]"),
    ],
)
def test_problem_names_the_entry(settings, problem) -> None:
    with pytest.raises(EdgeError) as caught:
        read_edge(settings)
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["tls", "url_map", "gatekeeper", "waf", "waf_ports"])
@pytest.mark.parametrize("empty", [[], False, "", 0])
def test_an_empty_value_that_is_no_mapping_is_refused(name, empty) -> None:
    with pytest.raises(EdgeError) as caught:
        read_edge({**PLAIN, name: empty})
    assert f"{name}" in str(caught.value) and f"is {empty!r}, not a mapping" in str(caught.value)
    assert read_edge({**PLAIN, name: None}) == read_edge({**PLAIN, name: {}}) == read_edge(PLAIN)


def test_all_problems_are_told_at_once() -> None:
    settings = {**SECURE, "tls": {"profile": "old"}, "url_map": {"hosts": [{"default": "shop"}]}}
    with pytest.raises(EdgeError) as caught:
        read_edge(settings)
    assert len(str(caught.value).splitlines()) == 2


def test_ca_of_clients_is_a_file_of_the_release() -> None:
    tls = {"client_ca": CA, "client_certificate": "required"}
    files = edge_files(read_edge({**SECURE, "tls": tls}))
    assert files["client_ca.pem"] == CA
    assert "ssl_verify_client on;" in files["servers.conf"]
    assert list(edge_files(read_edge(PLAIN))) == ["servers.conf", "live-pools.conf"]


def test_reloads_are_rare_where_pools_are_live() -> None:
    live = {engine: read_edge({**SECURE, "engine": engine}).http2 for engine in ("dns", "reload")}
    assert live == {"dns": True, "reload": False}


def test_challenges_are_answered_at_each_load_balancer() -> None:
    asked = {**SECURE, "certificates": [{**SHOP, "source": "acme"}]}
    alone = edge_files(read_edge(asked))
    assert "proxy_pass" not in alone["acme.conf"]
    both = edge_files(read_edge({**asked, "peers": ["10.0.0.3", "2001:db8::1"]}))
    assert "proxy_pass http://10.0.0.3:80;" in both["acme.conf"]
    assert "proxy_pass http://[2001:db8::1]:80;" in both["acme.conf"]
    assert "acme.conf" not in edge_files(read_edge({**SECURE, "peers": ["10.0.0.3"]}))


def test_challenges_of_another_balancer_are_asked_where_it_listens() -> None:
    listeners = [{**HTTP, "port": 8080}, HTTPS]
    asked = {**SECURE, "listeners": listeners, "certificates": [{**SHOP, "source": "acme"}]}
    files = edge_files(read_edge({**asked, "peers": ["10.0.0.3"]}))
    assert "proxy_pass http://10.0.0.3:8080;" in files["acme.conf"]
