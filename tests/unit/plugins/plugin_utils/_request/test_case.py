# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Balancer
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.case import Case, within
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import (
    ANSWER,
    POOL,
    Route,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import Question

HTTP = {"port": 80, "protocol": "http", "pool": "webapp"}
MYSQL = {"port": 3306, "protocol": "tcp", "pool": "mysql"}


@pytest.mark.parametrize(
    ("url", "listener"), [("http://x/", HTTP), ("http://x:3306/", {}), ("http://x:81/", {})]
)
def test_listener_is_the_one_of_http_on_the_port(url, listener) -> None:
    case = Case.of(Question.parse(url), Balancer("lb1", (MYSQL, HTTP)))
    assert case.listener == listener


def test_route_is_that_of_the_url_map_or_the_pool_of_the_listener() -> None:
    question = Question.parse("http://x/a?b")
    plain = Case.of(question, Balancer("lb1", (HTTP,)))
    assert plain.route() == Route(POOL, (("webapp", 1),), "/a?b")
    answer = Route(ANSWER, code=404)

    def router(asked: Question) -> Route:
        assert asked == question
        return answer

    assert Case.of(question, Balancer("lb1", (HTTP,), router=router)).route() == answer


@pytest.mark.parametrize(
    ("client", "ranges", "wanted"),
    [
        ("10.0.0.1", ["10.0.0.0/8"], True),
        ("10.0.0.1", ["10.0.0.1"], True),
        ("10.0.0.1", ["192.0.2.0/24", "2001:db8::/32"], False),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("10.0.0.1", [], False),
    ],
)
def test_address_is_within_one_of_the_ranges(client, ranges, wanted) -> None:
    assert within(client, ranges) is wanted


@pytest.mark.parametrize(
    ("path", "wanted"), [("/.well-known/acme-challenge/x", True), ("/.well-known/x", False)]
)
def test_challenges_are_known_by_their_path(path, wanted) -> None:
    assert Case.of(Question.parse(f"http://x{path}"), Balancer("lb1")).is_challenge is wanted
