# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Balancer
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.explain import (
    STEPS,
    explain_request,
    taken_steps,
)

BAN = {"range": "203.0.113.7", "until": None, "by": "ada"}
HTTP = {"port": 80, "protocol": "http", "pool": "webapp"}


def test_each_load_balancer_has_a_sentence_and_its_steps(case) -> None:
    balancer = case("http://shop.example/").balancer
    question = case("http://shop.example/", "203.0.113.7").question
    lines = explain_request(question, [balancer, Balancer("lb2")])
    assert lines[0] == (
        "GET http://shop.example/ from 203.0.113.7 on lb1 is answered by"
        " web1 75 %, web2 25 % of pool webapp"
    )
    assert lines[1] == "ok    listener       *:80 speaks http, its pool is webapp"
    assert lines[-2].endswith("on lb2 reaches no listener")
    assert lines[-1].startswith("FAIL  listener       no listener of http is on port 80")


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"listeners": ()}, ["listener"]),
        ({"server_names": ("a",), "bans": (BAN,)}, ["listener", "name"]),
        ({"bans": (BAN,), "maintenance": {"all": {}}}, ["listener", "ban"]),
        ({"maintenance": {"all": {}}, "redirects": True}, ["listener", "ban", "maintenance"]),
        ({"redirects": True}, ["listener", "ban", "https"]),
    ],
)
def test_the_first_step_with_an_outcome_is_the_last(case, settings, names) -> None:
    asked = case("http://shop.example/", "203.0.113.7", **settings)
    steps = taken_steps(asked.question, asked.balancer)
    assert [each.name for each in steps] == names
    assert steps[-1].outcome


def test_a_challenge_comes_before_the_ban(case) -> None:
    url = "http://shop.example/.well-known/acme-challenge/x"
    asked = case(url, "203.0.113.7", bans=(BAN,))
    assert taken_steps(asked.question, asked.balancer)[-1].name == "challenge"


def test_every_request_comes_to_an_end() -> None:
    assert STEPS[-1].__name__ == "route"
