# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_files import (
    Copy,
    Listening,
    Places,
    stand_in_copy,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from support.standins import edge_release

PLACES = Places("/f", "/s", "/w")


def copied(http: str, **files: str) -> Copy:
    """Return the copy of a release with this in its block http."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    return stand_in_copy({"nginx.conf": f"events {{ }} http {{ {http} }}", **named}, PLACES)


def text_of(http: str) -> list[str]:
    """Return the lines of the first file of a copy, without indents."""
    return [line.strip() for line in copied(http).files["nginx.conf"].splitlines()]


@pytest.mark.parametrize(
    ("listen", "wanted", "listener"),
    [
        ("80", "unix:/s/any-80.listener", Listening(80, False, "any-80.listener")),
        ("443 ssl", "unix:/s/any-443.listener", Listening(443, True, "any-443.listener")),
        (
            "10.0.0.2:80 default_server reuseport backlog=4096",
            "unix:/s/10.0.0.2-80.listener default_server",
            Listening(80, False, "10.0.0.2-80.listener"),
        ),
        ("10.0.0.2", "unix:/s/10.0.0.2-80.listener", Listening(80, False, "10.0.0.2-80.listener")),
        ("[::1]:443 ssl", "unix:/s/---1--443.listener", Listening(443, True, "---1--443.listener")),
    ],
)
def test_port_becomes_a_socket(listen, wanted, listener) -> None:
    copy = copied(f"server {{ listen {listen}; }}")
    assert f"listen {wanted};" in copy.files["nginx.conf"]
    assert copy.listeners == [listener]


@pytest.mark.parametrize("listen", ["443 quic reuseport", "unix:/run/x.sock"])
def test_other_listeners_go(listen) -> None:
    copy = copied(f"server {{ listen {listen}; }}")
    assert "listen" not in copy.files["nginx.conf"]
    assert copy.listeners == []


def test_listener_is_one_of_tls_if_any_server_says_so() -> None:
    copy = copied("server { listen 443 ssl; } server { listen 443; }")
    assert copy.listeners == [Listening(443, True, "any-443.listener")]


@pytest.mark.parametrize(
    "directive",
    [
        "ssl_certificate /x.pem",
        "ssl_reject_handshake off",
        "proxy_ssl_verify on",
        "http2 on",
        "allow 10.0.0.0/8",
        "deny all",
        "limit_req zone=x",
        "access_log /x",
        "error_log /x",
        "log_format a b",
        "proxy_temp_path /x",
    ],
)
def test_what_would_disturb_goes(directive) -> None:
    assert f"{directive};" not in text_of(f"server {{ {directive}; }}")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("ssl_reject_handshake on;", "return 444;"),
        ("return 301 $scheme://$host/;", "return 301 ${peerlb_standin_scheme}://$host/;"),
        ("proxy_pass https://web;", "proxy_pass http://web;"),
        ("proxy_pass https://$peerlb_pool;", "proxy_pass http://$peerlb_pool;"),
        ('proxy_pass "https://web/x";', 'proxy_pass "http://web/x";'),
        ("proxy_pass http://elsewhere.example:8080/x;", "proxy_pass http://peerlb_elsewhere_0/x;"),
        ("proxy_pass http://unix:/x.sock:/y;", "proxy_pass http://unix:/x.sock:/y;"),
        ("limit_conn_zone $x zone=y:1m;", "limit_conn_zone $x zone=y:1m;"),
    ],
)
def test_directive_is_written_for_stand_ins(written, wanted) -> None:
    assert wanted in text_of(f"upstream web {{ server 10.1.0.2; }} server {{ {written} }}")


def test_keys_of_tables_are_no_directives() -> None:
    lines = text_of("map $scheme $x { allow 1; listen 2; proxy_pass 3; upstream 4; }")
    assert [each for each in lines if each.split()[0] in ("allow", "listen", "proxy_pass")] == [
        *("allow 1;", "listen 2;", "proxy_pass 3;")
    ]
    assert "map ${peerlb_standin_scheme} $x {" in lines


def test_every_client_is_admitted() -> None:
    http = "geo $realip_remote_addr $peerlb_admitted_1 { default 0; 10.0.0.0/8 1; }"
    lines = text_of(http)
    assert lines[lines.index('map "" $peerlb_admitted_1 {') + 1] == "default 1;"


def test_every_member_is_a_stand_in_and_nobody_asks_dns() -> None:
    copy = stand_in_copy(edge_release(), PLACES)
    upstreams = {path: text for path, text in copy.files.items() if "upstreams/http" in path}
    assert len(upstreams) == 3
    assert all("server unix:/s/" in text for text in upstreams.values())
    assert "resolve" not in "".join(upstreams.values())
    for pool in ("web", "web_any", "api"):
        assert f'"{pool} $request_method $request_uri"' in copy.files["standins.conf"]


def test_guard_bans_challenges_and_the_status_port_are_empty() -> None:
    files = stand_in_copy(edge_release(), PLACES).files
    for path in ("acme.conf", "live.conf", "status.conf"):
        assert files[path] == ""
    assert (files["guard/http.conf"], files["guard/server.conf"]) == ("", "")
    assert 'map "" $peerlb_rule { default ""; }' in files["standins.conf"]


def test_process_is_one_that_writes_to_its_own_directory() -> None:
    text = copied("", stream_conf="").files["nginx.conf"]
    for line in ("daemon off;", "master_process off;", "user root;", "pid /w/pid;"):
        assert line in text
    main = "user nginx; pid /run/p; worker_processes 4; error_log stderr; stream { a; } http { }"
    text = stand_in_copy({"nginx.conf": main}, PLACES).files["nginx.conf"]
    assert "stream" not in text
    assert text.count("pid ") == text.count("user ") == text.count("error_log ") == 1


def test_nginx_of_http_is_the_one_that_is_asked() -> None:
    files = {"nginx.conf": "http { }", "nginx-http.conf": "http { }", "nginx-tcp.conf": "a;"}
    assert stand_in_copy(files, PLACES).main == "nginx-http.conf"
    with pytest.raises(PoolError, match=r"nginx\.conf is missing"):
        stand_in_copy({}, PLACES)


def test_secrets_programs_and_compose_are_left_out_and_other_files_stay() -> None:
    files = {
        **{"secrets/a.conf": "a;", "agent/x.py": "", "units/x": "", "compose.yml": ""},
        **{"state.json": "", "pages/50x.html": "<p>{</p>", "conf.d/a.conf": "allow all;"},
    }
    main = "http { include conf.d/*.conf; include secrets/a.conf; include mime.types; }"
    copy = stand_in_copy({**files, "nginx.conf": main}, PLACES)
    assert set(copy.files) == {*("nginx.conf", "standins.conf", "conf.d/a.conf", "pages/50x.html")}
    assert copy.files["pages/50x.html"] == "<p>{</p>"
    assert copy.files["conf.d/a.conf"] == ""


def test_damaged_file_is_named() -> None:
    with pytest.raises(PoolError, match=r"^nginx\.conf: "):
        stand_in_copy({"nginx.conf": "http {"}, PLACES)


def test_firewall_is_replaced_by_the_inner_server_that_it_asks() -> None:
    firewall = "upstream peerlb_waf { server 127.0.0.1:1; } server { listen 127.0.0.1:8092; }"
    copy = copied("include waf.conf; server { listen 80; }", waf_conf=firewall)
    assert "server unix:/s/127.0.0.1-8092.listener;" in copy.files["waf.conf"]
    assert copy.listeners == [Listening(80, False, "any-80.listener")]
