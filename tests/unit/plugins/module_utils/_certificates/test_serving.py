# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import CertificateError
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.serving import (
    ServingNginx,
    asked_name,
    served,
)

LISTENERS = [
    {"port": 443, "tls": True, "address": ""},
    {"port": 8443, "tls": True, "address": "10.0.0.2"},
    {"port": 80},
]


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
    (tmp_path / "current/state.json").write_text(json.dumps({"listeners": LISTENERS}))
    text = "ssl_certificate /etc/nginx/peerlb/tls/shop/current/pair.pem;"
    (tmp_path / "current/servers.conf").write_text(text)
    return tmp_path


def test_ports_of_a_certificate_that_the_live_release_uses(live) -> None:
    nginx = ServingNginx(Host().run, live)
    assert nginx.ports("shop") == [("127.0.0.1", 443), ("10.0.0.2", 8443)]
    assert nginx.ports("sho") == nginx.ports("op") == []


def test_without_a_release_nothing_is_served(tmp_path) -> None:
    assert ServingNginx(Host().run, tmp_path).ports("shop") == []


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
    (live / "current/state.json").write_text('{"listeners": [{"port": 1, "tls": true}]}')
    with pytest.raises(
        CertificateError, match="127.0.0.1:1 did not show it for a.example within 0 s"
    ):
        nginx.confirm("shop", "a.example", b"leaf")
    assert served("127.0.0.1", 1, "a.example") == b""


def test_name_with_which_to_ask() -> None:
    assert asked_name(["*.shop.example"]) == "peerlb-check.shop.example"
    assert asked_name(["shop.example", "x"]) == "shop.example"
    assert asked_name([]) == ""
