# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rates of a gatekeeper count what nginx answers by itself, as they count what members get."""

from __future__ import annotations

import contextlib
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.rules import count_rules
from support.nginx import Backend
from support.terminating import Terminating
from support.tls_nginx import client_context

SLOW = {"name": "slow", "priority": 10, "action": "throttle", "rate": "1/m", "burst": 2}
MATCH = {"headers": {"X-Slow": "1"}}
COUNTED = ["X-Slow: 1"]
RULES = [
    {"path": "/old/*", "redirect": {"prefix": "/new", "code": 301}},
    {"path": "/away", "methods": ["GET"], "redirect": "https://away.example/"},
    {"path": "/gone/*", "answer": {"status": 410, "body": "It is gone."}},
    {"path": "/gone/*", "methods": ["PUT"], "answer": {"status": 405}},
]
MAP = {"hosts": [{"names": ["shop.example"], "rules": RULES[::-1], "default": "webapp"}]}
TOKEN = "/.well-known/acme-challenge/token"
# By what requests are answered: the status, and how they are asked.
ANSWERS: dict[str, tuple[int, dict[str, t.Any]]] = {
    "member": (200, {"path": "/x"}),
    "redirect": (301, {"path": "/old/a?b"}),
    "redirect by a method": (308, {"path": "/away"}),
    "redirect of a path that is not plain": (400, {"path": "/old/a/../b"}),
    "answer": (410, {"path": "/gone"}),
    "answer by a method": (405, {"path": "/gone", "method": "PUT"}),
    "unknown name": (421, {"path": "/", "host": "other.example"}),
    "redirect to https": (308, {"path": "/x", "secure": False}),
}


class Asked(Terminating):
    """A load balancer that a client asks by https if nothing else is said."""

    def status(self, path: str, *, secure: bool = True, **options: t.Any) -> int:
        """Return the status of an answer to a request that the rule matches."""
        context = client_context() if secure else None
        return self.ask(path, context, COUNTED, **options).status


@pytest.fixture
def asked(role, tmp_path) -> t.Iterator[t.Callable[..., t.ContextManager[Asked]]]:
    """Return a function that runs a load balancer whose gatekeeper has these rules."""
    with Backend("web1").running() as member:

        @contextlib.contextmanager
        def run(*rules: dict[str, t.Any]) -> t.Iterator[Asked]:
            nginx = Asked(
                *(role, tmp_path, [member], "acme"),
                nginx_lb_tls={"unknown_names": "shop"},
                nginx_lb_url_map=MAP,
                nginx_lb_gatekeeper={"rules": [{"match": MATCH, **each} for each in rules]},
            )
            challenge = nginx.store / f"acme/webroot{TOKEN}"
            challenge.parent.mkdir(parents=True)
            challenge.write_text("answer")
            with nginx.running():
                yield nginx

        yield run


@pytest.mark.parametrize("action", [{"action": "throttle"}, {"action": "ban", "for": "10m"}])
def test_each_kind_of_answer_is_counted(asked, action) -> None:
    with asked({**SLOW, **action}) as nginx:
        for number, (kind, (status, question)) in enumerate(ANSWERS.items(), 1):
            client = f"127.0.0.{number}"
            statuses = [nginx.status(**question, client=client) for _each in range(5)]
            assert statuses == [status] * 3 + [429] * 2, kind
            entries = [each for each in nginx.log(5 * number) if each["client"] == client]
            assert [each["status"] for each in entries] == statuses, kind
            assert {each["rule"] for each in entries} == {"slow"}, kind
            actions = [each["action"] for each in entries]
            assert actions == ["allow"] * 3 + ["throttled"] * 2, kind


def test_all_kinds_of_answers_share_a_rate(asked) -> None:
    with asked({**SLOW, "burst": len(ANSWERS) - 1}) as nginx:
        for status, question in ANSWERS.values():
            assert nginx.status(**question) == status
        for _status, question in ANSWERS.values():
            assert nginx.status(**question) == 429


def test_client_is_told_when_to_try_again_and_by_which_rule_it_was_led(asked) -> None:
    with asked({**SLOW, "burst": 0}) as nginx:
        nginx.status("/old/a")
        for path, context in (("/old/a", client_context()), ("/x", None)):
            refused = nginx.ask(path, context, COUNTED)
            assert (refused.status, refused.headers["retry-after"]) == (429, "60")
            assert "location" not in refused.headers
        assert nginx.log(3)[1]["route"] == "shop.example /old/*"


def test_challenges_are_never_counted(asked) -> None:
    with asked({**SLOW, "burst": 0}) as nginx:
        assert [nginx.status("/x", secure=False) for _each in range(2)] == [308, 429]
        assert {nginx.status(TOKEN, secure=False) for _each in range(3)} == {200}
        unknown = f"{TOKEN}-of-nobody"
        assert {nginx.status(unknown, secure=False) for _each in range(3)} == {404}
        assert nginx.status("/x", secure=False, client="127.0.0.2") == 308


def test_previews_count_and_refuse_nothing(asked) -> None:
    with asked({**SLOW, "preview": True}) as nginx:
        for number, (status, question) in enumerate(ANSWERS.values(), 1):
            client = f"127.0.0.{number}"
            assert {nginx.status(**question, client=client) for _each in range(5)} == {status}
        nginx.log(5 * len(ANSWERS))
        told = count_rules((nginx.place / "access.log").read_text().splitlines())
    assert told["slow"]["would"] == {"throttled": 2 * len(ANSWERS)}
