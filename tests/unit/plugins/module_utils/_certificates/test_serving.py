# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import CertificateError
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.serving import (
    Place,
    ServingNginx,
    served,
)

USED = "    ssl_certificate /etc/nginx/peerlb/tls/{}/current/pair.pem;\n}}\n"
SERVERS = (
    "server {\n    listen 443 ssl default_server reuseport;\n    server_name _;\n"
    "    ssl_reject_handshake on;\n}\n"
    "server {\n    listen 443 ssl;\n    listen 10.0.0.2:8443 ssl;\n    listen 80;\n"
    "    server_name *.shop.example shop.example;\n"
    + USED.format("shop")
    + "server {\n    listen 443 ssl;\n    server_name ~^a .blog.example;\n"
    + USED.format("blog")
    + "server {\n    listen *:9443 ssl default_server;\n    server_name _;\n"
    + USED.format("blog")
)


class Host:
    """Answers commands by the first word that a command has."""

    def __init__(self, **answers) -> None:
        self.answers, self.commands = answers, []

    def run(self, command, **_options):
        self.commands.append(command)
        return next((told for word, told in self.answers.items() if word in command), (0, "", ""))


@pytest.fixture
def live(tmp_path):
    (tmp_path / "current").mkdir()
    (tmp_path / "current/servers.conf").write_text(SERVERS)
    return tmp_path


def test_places_of_a_certificate_that_the_live_release_uses(live) -> None:
    nginx = ServingNginx(Host().run, live)
    name = "peerlb-check.shop.example"
    assert nginx.places("shop") == [Place("127.0.0.1", 443, name), Place("10.0.0.2", 8443, name)]
    assert [str(each) for each in nginx.places("blog")] == [
        "127.0.0.1:443 for blog.example",
        "127.0.0.1:9443",
    ]
    assert nginx.places("sho") == nginx.places("op") == []
    assert (nginx.uses("shop"), nginx.uses("sho"), nginx.uses("op")) == (True, False, False)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("listen [::]:443 ssl; server_name a.example;", "::1:443 for a.example"),
        ("listen [fd00::2]:443 ssl;", "fd00::2:443"),
        (
            "listen localhost:443  ssl; server_name\n  a.example\n  b.example;",
            "localhost:443 for a.example",
        ),
        (
            'listen 443 backlog=5 ssl; server_name "a.example"; # x; y',
            "127.0.0.1:443 for a.example",
        ),
        ("# listen 443 ssl;\nlisten 444 ssl; # server_name b.example;", "127.0.0.1:444"),
    ],
)
def test_places_in_files_of_the_user(live, text, place) -> None:
    pair = "ssl_certificate     /etc/nginx/peerlb/tls/shop/current/pair.pem;"
    (live / "current/servers.conf").write_text(f"server{{ {text}\n {pair} }}")
    nginx = ServingNginx(Host().run, live)
    assert [str(each) for each in nginx.places("shop")] == [place]


def test_certificate_of_all_servers_is_used_and_one_in_a_comment_is_not(live) -> None:
    pair = "ssl_certificate /etc/nginx/peerlb/tls/{}/current/pair.pem;"
    (live / "current/extra").mkdir()
    (live / "current/extra/http.conf").write_text(f"{pair.format('all')}\n #{pair.format('no')}")
    nginx = ServingNginx(Host().run, live)
    assert (nginx.uses("all"), nginx.uses("no"), nginx.places("all")) == (True, False, [])


def test_without_a_release_nothing_is_served(tmp_path) -> None:
    assert ServingNginx(Host().run, tmp_path).places("shop") == []


@pytest.mark.parametrize(
    ("answer", "runs"),
    [((0, "true\n", ""), True), ((0, "false\n", ""), False), ((127, "", ""), False)],
)
def test_whether_nginx_runs(tmp_path, answer, runs) -> None:
    assert ServingNginx(Host(inspect=answer).run, tmp_path).runs() is runs


def test_refusal_ends_with_the_words_of_nginx(tmp_path) -> None:
    told = "nginx: [emerg] cannot load certificate\nnginx: configuration file x test failed\n"
    host = Host(nginx=(1, "", told), sh=(1, "", "no such container\n"))
    nginx = ServingNginx(host.run, tmp_path, "peerlb-nginx")
    with pytest.raises(CertificateError, match="cannot load certificate$"):
        nginx.test()
    with pytest.raises(CertificateError, match="reload was refused: no such container$"):
        nginx.reload()


def test_port_that_shows_nothing_is_named(live) -> None:
    nginx = ServingNginx(Host().run, live, timeout=0)
    closed = "server {\n    listen 127.0.0.1:1 ssl;\n    server_name a.example;\n"
    (live / "current/servers.conf").write_text(closed + USED.format("shop"))
    said = "127.0.0.1:1 for a.example did not show it within 0 s"
    with pytest.raises(CertificateError, match=said):
        nginx.confirm("shop", b"leaf")
    assert served("127.0.0.1", 1, "a.example") == b""
