# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.certificates import Certificate
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.servers import (
    Edge,
    render_servers,
    sites,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.tls import Hsts, Tls
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import read_gatekeeper
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map


def pool(name: str) -> dict:
    member = {"name": f"{name}1", "address": "10.1.0.2", "port": 3000}
    return Pool.parse({"name": name, "members": [member]}).params()


POOLS = {name: pool(name) for name in ("webapp", "api")}
HTTP, HTTPS = Listener(80, "webapp"), Listener(443, "webapp", tls=True)
SHOP = Certificate("shop", ("shop.example", "*.shop.example"), "own_ca")
BLOG = Certificate("blog", ("blog.example",), "acme")


def edge(*listeners: Listener, **settings) -> Edge:
    url_map = settings.pop("url_map", None)
    if url_map:
        settings["url_map"] = read_url_map(url_map, POOLS)
    version = settings.pop("version", (1, 30, 0))
    return Edge(tuple(listeners or (HTTP,)), POOLS, version, **settings)


def servers(text: str) -> list[dict[str, list[str]]]:
    """Return the directives of each server by name, without those inside of locations."""
    found = []
    for block in re.findall(r"^server \{\n(.*?)^\}\n", text, re.MULTILINE | re.DOTALL):
        directives: dict[str, list[str]] = {}
        for line in re.findall(r"^    (\S.*)$", block, re.MULTILINE):
            name, _blank, value = line.partition(" ")
            directives.setdefault(name, []).append(value.rstrip(";"))
        found.append(directives)
    return found


def test_server_without_names_answers_any() -> None:
    (only,) = servers(render_servers(edge()))
    assert only["listen"] == ["80 default_server reuseport backlog=4096"]
    assert only["server_name"] == ["_"]
    assert only["error_page"] == ["502 = @webapp"]
    assert only["include"] == [
        *("proxy.conf", "upstreams/steps-webapp.conf"),
        "live.conf",  # the last, because it may end the first phase
    ]


def test_names_that_are_not_declared_are_refused() -> None:
    refusing, serving = servers(render_servers(edge(server_names=("shop.example",))))
    assert refusing["return"] == ["421"] and "default_server" in refusing["listen"][0]
    assert (serving["listen"], serving["server_name"]) == (["80"], ["shop.example"])


def test_listener_without_tls_leads_to_the_one_with_tls() -> None:
    text = render_servers(edge(HTTP, HTTPS, certificates=(SHOP,)))
    plain, refusing, secure = servers(text)
    assert plain["location"] == ["/ { return 308 https://$host$request_uri; }"]
    assert "proxy.conf" not in plain["include"]
    assert refusing["ssl_reject_handshake"] == ["on"]
    assert secure["server_name"] == ["shop.example *.shop.example"]
    pair = "/etc/nginx/peerlb/tls/shop/current/pair.pem"
    assert secure["ssl_certificate"] == secure["ssl_certificate_key"] == [pair]
    assert text.index("ssl_protocols TLSv1.2 TLSv1.3;") < text.index("server {")
    port = Listener(8443, "webapp", tls=True)
    (plain, *_rest) = servers(render_servers(edge(HTTP, port, certificates=(SHOP,))))
    assert plain["location"] == ["/ { return 308 https://$host:8443$request_uri; }"]


@pytest.mark.parametrize("preview", [False, True])
def test_redirect_to_tls_is_counted_where_there_are_rates(preview) -> None:
    rule = {"name": "all", "priority": 1, "action": "throttle", "rate": "9/s", "preview": preview}
    both = edge(HTTP, HTTPS, certificates=(SHOP,), gatekeeper=read_gatekeeper({"rules": [rule]}))
    plain, *_secure = servers(render_servers(both))
    assert plain["location"] == [
        '/ { try_files /-/peerlb/none "@peerlb_answer"; }',
        "@peerlb_answer { return 308 https://$host$request_uri; }",
    ]
    allowed = read_gatekeeper({"rules": [{"name": "all", "priority": 1, "action": "allow"}]})
    plain, *_secure = servers(render_servers(replace(both, gatekeeper=allowed)))
    assert plain["location"] == ["/ { return 308 https://$host$request_uri; }"]


def test_redirect_is_by_choice_and_for_names_with_a_certificate() -> None:
    settings = {"certificates": (SHOP,), "tls": Tls(redirect=False)}
    plain, *_rest = servers(render_servers(edge(HTTP, HTTPS, **settings)))
    assert plain["location"] == ["/ {"]
    text = render_servers(edge(HTTP, HTTPS, certificates=(SHOP,), server_names=("other.example",)))
    assert servers(text)[1]["location"] == ["/ {"]


def test_challenges_are_served_before_everything_else() -> None:
    plain, *_secure = servers(render_servers(edge(HTTP, HTTPS, certificates=(SHOP, BLOG))))
    assert plain["include"] == ["acme.conf", "live.conf"]
    assert "set" not in plain  # acme.conf sets $peerlb_exempt


@pytest.mark.parametrize(
    ("version", "live", "chosen", "written"),
    [
        ((1, 30, 0), True, None, ["on"]),
        ((1, 30, 0), False, None, ["off"]),
        ((1, 30, 0), False, True, ["on"]),
        ((1, 30, 0), True, False, ["off"]),
        ((1, 22, 0), True, True, None),
    ],
)
def test_http2_is_spoken_where_reloads_are_rare(version, live, chosen, written) -> None:
    settings = {"certificates": (SHOP,), "tls": Tls(http2=chosen), "live": live}
    secure = servers(render_servers(edge(HTTPS, version=version, **settings)))[-1]
    assert secure.get("http2") == written


def test_browsers_are_told_to_ask_by_tls_alone() -> None:
    tls = Tls(hsts=Hsts(600, include_subdomains=True))
    *_others, secure = servers(render_servers(edge(HTTPS, certificates=(SHOP,), tls=tls)))
    header = 'Strict-Transport-Security "max-age=600; includeSubDomains" always'
    assert secure["add_header"] == [header]


def test_nobody_writes_of_certificates_by_http_where_a_listener_asks_for_them() -> None:
    tls = Tls(redirect=False, client_ca="pem", client_certificate="optional")
    both = edge(HTTP, HTTPS, tls=tls, certificates=(SHOP,))
    plain, _refusing, secure = servers(render_servers(both))
    assert {each.split()[1] for each in plain["proxy_set_header"]} == {'""'}
    told = [each.split()[0] for each in secure["proxy_set_header"]]
    assert [each.split()[0] for each in plain["proxy_set_header"]] == told
    (alone,) = servers(render_servers(edge(HTTP, tls=tls)))
    assert "proxy_set_header" not in alone


def test_unknown_names_may_get_a_certificate() -> None:
    tls = Tls(unknown_names="blog")
    first, *others = servers(render_servers(edge(HTTPS, certificates=(SHOP, BLOG), tls=tls)))
    assert first["listen"] == ["443 ssl default_server reuseport backlog=4096"]
    assert first["ssl_certificate"] == ["/etc/nginx/peerlb/tls/blog/current/pair.pem"]
    assert [each["server_name"] for each in others] == [
        ["shop.example *.shop.example"],
        ["blog.example"],
    ]


def test_hosts_of_the_url_map_meet_certificates() -> None:
    url_map = {
        "hosts": [
            {"names": ["www.shop.example", "plain.example"], "default": "api"},
            {"default": "webapp"},
        ]
    }
    both = edge(HTTP, HTTPS, certificates=(SHOP, BLOG), url_map=url_map)
    found = [(site.names, site.certificate) for site in sites(both, HTTPS)]
    assert found == [
        (("shop.example", "*.shop.example"), "shop"),
        (("blog.example",), "blog"),
        (("www.shop.example",), "shop"),  # nobody has a certificate for plain.example
    ]
    assert [site.names for site in sites(both, HTTP)] == [("www.shop.example", "plain.example"), ()]


def test_pools_of_a_url_map_are_asked_again_by_their_own_steps() -> None:
    listener = Listener(80, "webapp", routes=("api",))
    text = render_servers(edge(listener, url_map={"hosts": [{"default": "api"}]}))
    (only,) = servers(text)
    steps = ["upstreams/steps-webapp.conf", "upstreams/steps-api.conf"]
    assert only["include"] == ["proxy.conf", *steps, "live.conf"]
    assert only["error_page"] == ["502 = @$peerlb_pool"]
    assert only["absolute_redirect"] == ["off"]
    assert "proxy_pass http://api;" in text


def test_weights_of_a_url_map_are_written_once_for_all_listeners() -> None:
    rule = {"path": "/x", "pools": {"webapp": 9, "api": 1}}
    url_map = {"hosts": [{"rules": [rule], "default": "webapp"}]}
    other = Listener(8080, "webapp", routes=("api",))
    text = render_servers(edge(Listener(80, "webapp", routes=("api",)), other, url_map=url_map))
    assert text.count("split_clients ") == 1
    assert text.count("location = ") == 2


def test_url_map_without_other_hosts_serves_no_others() -> None:
    url_map = {"hosts": [{"names": ["shop.example"], "default": "webapp"}]}
    refusing, serving = servers(render_servers(edge(url_map=url_map)))
    assert refusing["return"] == ["421"]
    assert serving["server_name"] == ["shop.example"]


def test_listener_admits_before_it_redirects() -> None:
    listener = Listener(80, "webapp", allow=("10.0.0.0/8",))
    text = render_servers(edge(listener, HTTPS, certificates=(SHOP,)))
    assert "geo $realip_remote_addr $peerlb_admitted_1 {" in text
    (plain, *_rest) = servers(text)
    assert plain["if"] == ["($peerlb_admitted_1 = 0) { return 403; }"]


def test_certificate_for_unknown_names_leads_to_no_pool_that_the_url_map_does_not_name() -> None:
    url_map = {"hosts": [{"names": ["shop.example"], "default": "webapp"}]}
    settings = {"certificates": (SHOP,), "tls": Tls(unknown_names="shop"), "url_map": url_map}
    first, *others = servers(render_servers(edge(HTTPS, **settings)))
    assert first["location"] == ["/ { return 421; }"]
    assert [each["server_name"] for each in others] == [["shop.example"]]
