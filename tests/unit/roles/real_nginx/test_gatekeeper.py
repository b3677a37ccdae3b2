# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a real nginx decides by the gatekeeper's files as the evaluator does."""

from __future__ import annotations

import random
import typing as t
from collections import Counter

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.rules import count_rules
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.evaluate import evaluate
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import read_gatekeeper
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import Request
from support.guarded import Answer, Guarded
from support.nginx import programs

CLIENTS = [f"127.0.0.{number}" for number in (1, 2, 3, 65, 66)] + ["127.0.1.1"]
LISTS = {
    "office": {"ranges": ["127.0.0.2", "127.0.1.0/24"]},
    "bad": {"ranges": ["127.0.0.64/30", "203.0.113.0/24"]},
}
# As clients send them, and as nginx reads them.
PATHS = {
    **{each: each for each in ("/", "/a", "/a/", "/a/b", "/ab", "/A", "/a.b", "/axb", "/x/y/z")},
    **{
        "//a": "/a",
        "/x/../a": "/a",
        "/%61": "/a",
        "/a%0a": "/a\n",
        "/a%2fb": "/a/b",
        "/a?q=/x": "/a",
    },
    **{"/a%20b": "/a b", "/a%24b": "/a$b", "/a%22b": '/a"b', "/a%5cb": "/a\\b"},
}
PATTERNS = ["/*", "/", "/a", "/a/", "/a/*", "/a/b", "/a.b", "/x/*", "/a b", "/a$b", '/a"b', "/a\\b"]
VALUES = ["1", "a.b", "$host", "a,b", 'q"q', "back\\slash"]


@pytest.fixture
def guarded(tmp_path) -> t.Iterator[t.Callable[..., t.ContextManager[Guarded]]]:
    """Return a function that runs an nginx behind a gatekeeper."""

    def run(value: t.Any, trusted: str = "") -> t.ContextManager[Guarded]:
        return Guarded(tmp_path, value, trusted).running(programs()[-1])

    return run


def some(dice: random.Random, values: t.Sequence[t.Any], most: int = 3) -> list[t.Any]:
    return dice.sample(list(values), dice.randint(1, min(most, len(values))))


def random_match(dice: random.Random) -> dict[str, t.Any]:
    choices = {
        "lists": some(dice, LISTS),
        "ranges": some(dice, [f"{each}/32" for each in CLIENTS]),
        "paths": some(dice, PATTERNS),
        "methods": some(dice, ["GET", "POST", "PUT"]),
        "headers": {"X-One": some(dice, VALUES)},
        "without_headers": some(dice, ["X-One", "X-Two"]),
    }
    return {key: choices[key] for key in some(dice, list(choices))}


def random_rule(dice: random.Random, number: int) -> dict[str, t.Any]:
    action = dice.choice(
        [
            {"action": "allow"},
            *({"action": "deny", "status": each} for each in (403, 404, 429, "close")),
            {"action": "redirect", "url": f"https://away.example/{number}?a=1", "code": 307},
            # A rate that no test reaches: it lets all in.
            {"action": "throttle", "rate": "100000/s", "burst": 1000},
        ]
    )
    rule = {"name": f"r{number}", "priority": dice.randint(0, 999) * 100 + number, **action}
    return {**rule, "match": random_match(dice), "preview": dice.random() < 0.3}


def random_gatekeeper(seed: int) -> dict[str, t.Any]:
    """Return rules of which each can be reached: any other is left out."""
    dice = random.Random(seed)
    default = dice.choice(
        [{"action": "allow"}, {"action": "deny"}, {"action": "deny", "preview": True}]
    )
    rules = [random_rule(dice, number) for number in range(dice.randint(1, 12))]
    return {"lists": LISTS, "rules": rules, "default": default}


def reachable(value: dict[str, t.Any]) -> dict[str, t.Any]:
    """Leave out what the reading of a gatekeeper refuses as never reached."""
    while True:
        try:
            read_gatekeeper(value)
            return value
        except ValueError as exc:
            named = [line.split(" ")[1].rstrip(":") for line in str(exc).splitlines()]
            value = {**value, "rules": [e for e in value["rules"] if e["name"] not in named]}


def expected(verdict: t.Any) -> tuple[t.Any, ...]:
    status = {0: 200, 444: 0}.get(verdict.status, verdict.status)
    if status == 0:  # nothing came back that could name the rule
        return (0, None, None, None, None)
    action = "allow" if verdict.action == "throttle" else verdict.action
    would = None if verdict.would.startswith("throttle:") else verdict.would or None
    return (status, verdict.rule, action, would, verdict.url or None)


def seen(answer: Answer) -> tuple[t.Any, ...]:
    names = ("x-rule", "x-action", "x-would", "location")
    found = [answer.headers.get(name) for name in names]
    if found[2] and found[2].startswith("throttle"):
        found[2] = None
    return (answer.status, *found)


@pytest.mark.parametrize("seed", range(25))
def test_nginx_decides_as_the_evaluator(guarded, seed) -> None:
    dice = random.Random(seed)
    with guarded(reachable(random_gatekeeper(seed))) as nginx:
        for _each in range(120):
            path, method = dice.choice(list(PATHS)), dice.choice(["GET", "POST", "PUT", "HEAD"])
            headers = {
                name: dice.choice(VALUES) for name in ("X-One", "X-Two") if dice.random() < 0.5
            }
            client = dice.choice(CLIENTS)
            verdict = evaluate(nginx.gatekeeper, Request(client, PATHS[path], method, headers))
            answer = nginx.ask(path, method, client, headers)
            assert seen(answer) == expected(verdict), (path, method, headers, client)


BAD = {"name": "bad", "priority": 10, "action": "deny", "match": {"lists": ["bad"]}}
CHALLENGE = "/.well-known/acme-challenge/token"


@pytest.mark.parametrize("path", ["/", "/elsewhere", "/fixed", "/broken", "/-/peerlb/noticed"])
def test_a_denied_client_is_denied_in_every_kind_of_answer(guarded, path) -> None:
    with guarded({"lists": LISTS, "rules": [BAD]}) as nginx:
        assert nginx.ask(path, client="127.0.0.66").status == 403
        assert nginx.ask(path).status != 403
        assert nginx.ask(CHALLENGE, client="127.0.0.66").status == 200


def test_the_log_tells_of_a_ban_that_others_set(guarded) -> None:
    with guarded({"lists": LISTS, "rules": [BAD]}) as nginx:
        assert nginx.ask("/?banned=1").status == 403
        assert nginx.ask("/").status == 200
        assert [entry["action"] for entry in nginx.log(2)] == ["banned", "allow"]


def test_a_challenge_is_neither_denied_nor_counted(guarded) -> None:
    slow = {"name": "slow", "priority": 1, "action": "throttle", "rate": "1/m"}
    with guarded({"rules": [slow]}) as nginx:
        assert {nginx.ask(CHALLENGE).status for _each in range(5)} == {200}
        assert [nginx.ask().status for _each in range(2)] == [200, 429]


def test_a_preview_changes_no_status_and_its_count_is_the_clients(guarded) -> None:
    with guarded({"lists": LISTS, "rules": [{**BAD, "preview": True}]}) as nginx:
        statuses = [nginx.ask(client=each).status for each in CLIENTS * 10]
        assert set(statuses) == {200}
        told = count_rules(nginx.place.joinpath("access.log").read_text().splitlines())
    assert told["bad"]["would"] == {"deny": 20}
    assert told["default"]["actions"] == {"allow": 60}


SLOW = {
    **{"name": "slow", "priority": 20, "action": "throttle", "rate": "60/m", "burst": 10},
    "match": {"paths": ["/slow"]},
}
EDGES = {**SLOW, "name": "other", "priority": 30, "match": {"paths": ["/other"]}}


def admitted(nginx: Guarded, path: str, times: int = 20, **asked: t.Any) -> dict[int, int]:
    return dict(Counter(nginx.ask(path, **asked).status for _each in range(times)))


def counted(nginx: Guarded, lines: int) -> dict[str, dict[str, t.Any]]:
    nginx.log(lines)
    return count_rules(nginx.place.joinpath("access.log").read_text().splitlines())


def test_a_throttle_admits_the_burst_and_says_when_to_try_again(guarded) -> None:
    with guarded({"rules": [SLOW]}) as nginx:
        assert admitted(nginx, "/slow") == {200: 11, 429: 9}
        refused = nginx.ask("/slow")
        assert (refused.status, refused.headers["retry-after"]) == (429, "1")
        assert nginx.ask("/slow", client="127.0.0.2").status == 200
        assert admitted(nginx, "/") == {200: 20}
        assert counted(nginx, 42)["slow"]["actions"] == {"allow": 12, "throttled": 10}


def test_a_throttle_of_a_header_counts_by_its_value(guarded) -> None:
    with guarded({"rules": [{**SLOW, "key": "header X-Key"}]}) as nginx:
        assert admitted(nginx, "/slow", 12, headers={"X-Key": "a"}) == {200: 11, 429: 1}
        assert nginx.ask("/slow", client="127.0.0.2", headers={"X-Key": "a"}).status == 429
        assert nginx.ask("/slow", headers={"X-Key": "b"}).status == 200
        assert admitted(nginx, "/slow", 12) == {200: 11, 429: 1}


def test_a_throttle_of_all_counts_every_client(guarded) -> None:
    with guarded({"rules": [{**SLOW, "key": "all"}]}) as nginx:
        assert admitted(nginx, "/slow", 11) == {200: 11}
        assert nginx.ask("/slow", client="127.0.0.2").status == 429


def test_previewed_throttles_alone_are_counted_by_nginx(guarded) -> None:
    rules = [{**each, "preview": True} for each in (SLOW, EDGES)]
    with guarded({"rules": rules}) as nginx:
        assert admitted(nginx, "/slow") == {200: 20}
        assert admitted(nginx, "/other", 13) == {200: 13}
        told = counted(nginx, 33)
    assert (told["slow"]["would"], told["other"]["would"]) == ({"throttled": 9}, {"throttled": 2})


def test_a_previewed_throttle_beside_an_enforced_one_is_counted_from_the_log(guarded) -> None:
    with guarded({"rules": [{**SLOW, "preview": True}, EDGES]}) as nginx:
        assert admitted(nginx, "/slow") == {200: 20}
        assert admitted(nginx, "/other") == {200: 11, 429: 9}
        told = counted(nginx, 40)
    assert told["slow"]["would"] == {"throttled": 9}
    assert told["other"]["actions"] == {"allow": 11, "throttled": 9}


def test_a_request_can_meet_a_preview_and_an_enforced_rate(guarded) -> None:
    tried = {**SLOW, "name": "tried", "priority": 5, "burst": 3, "preview": True}
    with guarded({"rules": [tried, SLOW]}) as nginx:
        assert admitted(nginx, "/slow") == {200: 11, 429: 9}
        told = counted(nginx, 20)
    assert told["tried"]["would"] == {"throttled": 16}
    assert told["slow"]["actions"] == {"allow": 11, "throttled": 9}


@pytest.mark.parametrize(
    "trusted", ["", "set_real_ip_from 127.0.0.9; real_ip_header X-Forwarded-For;"]
)
def test_a_forged_header_changes_nobodys_key_or_rule(guarded, trusted) -> None:
    with guarded({"lists": LISTS, "rules": [BAD, SLOW]}, trusted) as nginx:
        forged = [{"X-Forwarded-For": f"192.0.2.{number}"} for number in range(20)]
        statuses = [nginx.ask("/slow", headers=each).status for each in forged]
        assert Counter(statuses) == {200: 11, 429: 9}
        away = nginx.ask(client="127.0.0.66", headers={"X-Forwarded-For": "127.0.0.2"})
        assert away.status == 403


def test_a_trusted_proxy_names_the_client(guarded) -> None:
    trusted = "set_real_ip_from 127.0.0.9; real_ip_header X-Forwarded-For;"
    with guarded({"lists": LISTS, "rules": [BAD]}, trusted) as nginx:
        told = nginx.ask(client="127.0.0.9", headers={"X-Forwarded-For": "203.0.113.7"})
        assert told.status == 403


def test_a_refusal_for_now_says_when_to_try_again(guarded) -> None:
    with guarded({"rules": [{**SLOW, "name": "a" * 32, "burst": 0}]}) as nginx:
        assert [nginx.ask("/slow").headers.get("retry-after") for _each in range(2)] == [None, "1"]
    deny = {"name": "busy", "priority": 1, "action": "deny", "status": 429}
    with guarded({"rules": [deny]}) as nginx:
        assert nginx.ask().headers["retry-after"] == "60"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("TRACE / HTTP/1.1\r\nHost: a\r\n", 405),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n", 405),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n", 400),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET / HTTP/1.1\r\n", 400),
    ],
)
def test_nginx_refuses_by_itself_what_others_could_read_differently(guarded, head, status) -> None:
    with guarded({}) as nginx:
        told = nginx.send(f"{head}Connection: close\r\n\r\n".encode())
    assert told.split()[1] == str(status).encode()
