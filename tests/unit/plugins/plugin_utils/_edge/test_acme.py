# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Challenges on two load balancers, each with an nginx of its own on loopback."""

from __future__ import annotations

import contextlib
import http.client
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.acme import PATH, acme_lines
from support.nginx import CONF, NO_NGINX, free_port, programs, serving, temporary_paths

pytestmark = pytest.mark.skipif(not programs(), reason=NO_NGINX)
TOKEN = "Zk3-_abc"
ANSWER = "Zk3-_abc.thumbprint"
HTTP = """\
access_log off;
{temporary}
server {{
    listen 127.0.0.1:{port};
    server_name _;
    include acme.conf;
    if ($peerlb_exempt = "") {{ return 403 "guarded"; }}
    location / {{ return 200 "application"; }}
}}
"""


@dataclass
class Balancer:
    """An nginx on loopback with acme.conf, and the files of its challenges."""

    place: Path
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        """Return where it listens."""
        return f"127.0.0.1:{self.port}"

    def answers(self, token: str = TOKEN, text: str = ANSWER) -> None:
        """Have the answer to a challenge, as lego writes it."""
        path = self.place / f"webroot{PATH}{token}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @contextlib.contextmanager
    def running(self, *peers: str) -> t.Iterator[Balancer]:
        """Serve until the end of the block."""
        self.place.mkdir(exist_ok=True)
        temporary = temporary_paths(self.place)
        program = programs()[-1]
        module = program.stream_module
        (self.place / "nginx.conf").write_text(CONF.format(stream_module=module, place=self.place))
        (self.place / "stream.conf").write_text("")
        (self.place / "http.conf").write_text(HTTP.format(port=self.port, temporary=temporary))
        (self.place / "acme.conf").write_text(acme_lines(peers, str(self.place / "webroot")))
        with serving(program, self.place / "nginx.conf", self.port):
            yield self

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
        """Return status, type and text of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, answer.getheader("Content-Type", ""), text


@pytest.fixture
def pair(tmp_path) -> t.Iterator[tuple[Balancer, Balancer]]:
    """Return two load balancers that ask each other."""
    one, other = Balancer(tmp_path / "lb1"), Balancer(tmp_path / "lb2")
    with one.running(other.address), other.running(one.address):
        yield one, other


def test_challenge_is_answered_by_the_balancer_that_asked_for_it(pair) -> None:
    pair[0].answers()
    assert pair[0].get(PATH + TOKEN) == (200, "text/plain", ANSWER)


def test_challenge_may_arrive_at_the_other_balancer(pair) -> None:
    pair[0].answers()
    assert pair[1].get(PATH + TOKEN) == (200, "text/plain", ANSWER)


def test_unknown_token_is_answered_with_404_and_goes_round_nowhere(pair) -> None:
    assert pair[0].get(PATH + "unknown")[0] == 404
    marked = {"X-Peerlb-Acme-Hop": "1"}
    pair[1].answers()
    assert pair[0].get(PATH + TOKEN, **marked)[0] == 404  # it does not ask once more
    assert pair[1].get(PATH + TOKEN, **marked)[0] == 200


@pytest.mark.parametrize("path", ["", "a/b", "a.b", "%2e%2e/x", "a%20b"])
def test_what_is_no_token_is_not_exempt_from_guards(pair, path) -> None:
    assert pair[0].get(PATH + path)[::2] == (403, "guarded")


def test_nothing_outside_of_the_directory_is_served(pair) -> None:
    (pair[0].place / "secret").write_text("secret")
    assert pair[0].get(f"{PATH}../../../secret")[0] in (400, 403)


def test_other_paths_are_guarded(pair) -> None:
    assert pair[0].get("/")[::2] == (403, "guarded")


def test_body_of_a_question_is_not_passed_on(pair) -> None:
    pair[0].answers()
    assert pair[1].get(PATH + TOKEN, "POST")[0] == 200


def test_several_balancers_are_asked_in_turn(tmp_path) -> None:
    one, other, third = (Balancer(tmp_path / name) for name in ("lb1", "lb2", "lb3"))
    peers = {each.address for each in (one, other, third)}
    third.answers()
    with (
        one.running(other.address, third.address),
        other.running(*(peers - {other.address})),
        third.running(one.address, other.address),
    ):
        assert one.get(PATH + TOKEN) == (200, "text/plain", ANSWER)
        assert one.get(PATH + "unknown")[0] == 404


def test_balancer_that_is_down_is_passed_over(tmp_path) -> None:
    one, other = Balancer(tmp_path / "lb1"), Balancer(tmp_path / "lb2")
    other.answers()
    with one.running(f"127.0.0.1:{free_port()}", other.address), other.running(one.address):
        assert one.get(PATH + TOKEN) == (200, "text/plain", ANSWER)
        assert one.get(PATH + "unknown")[0] == 404


def test_single_balancer_asks_nobody(tmp_path) -> None:
    with Balancer(tmp_path / "lb1").running() as only:
        only.answers()
        assert only.get(PATH + TOKEN) == (200, "text/plain", ANSWER)
        assert only.get(PATH + "unknown")[0] == 404
