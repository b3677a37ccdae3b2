# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import (
    failed_names,
    questions,
    read_ends,
)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("web1 -> lb1:3306", ("web1", "lb1", 3306)),
        (" webapp->nginx_lb:3306 ", ("web1", "lb1", 3306)),
        ("vpc-lb -> vpc-db:3306", ("lb1", "db1", 3306)),
        ("webapp -> webapp:3000", ("web1", "web2", 3000)),
        ("any -> lb1:80", ("client", "lb1", 80)),
        ("localhost -> lb1:80", ("localhost", "lb1", 80)),
    ],
)
def test_ends_of_a_connection_as_people_write_it(stack, text, ends) -> None:
    source, target, port = read_ends(stack.parse(), text)
    assert (source.name, target.name, port) == ends


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("web1 lb1 3306", "'web1 lb1 3306' is not written as 'web1 -> lb1:3306'"),
        ("web1 -> lb1", "'web1 -> lb1' is not written as"),
        ("web1 -> lb1:0", "is not written as"),
        ("web1 -> lb1:70000", "is not written as"),
        ("webb -> lb1:80", "no host, group or network is named webb; is web"),
        ("web1 -> 10.0.0.0/33:80", "no host, group or network is named 10.0.0.0/33"),
        ("web1 -> web1:3000", "leads from a host to itself"),
    ],
)
def test_text_that_names_no_connection_is_refused(stack, text, complaint) -> None:
    with pytest.raises(TopologyError) as caught:
        questions(stack.parse(), text, "nginx_lb")
    assert complaint in caught.value.problems[0]


def test_error_names_every_text_at_fault(stack) -> None:
    with pytest.raises(TopologyError) as caught:
        questions(stack.parse(), ["x", "web1 -> lb1:80", "y"], "nginx_lb")
    assert len(caught.value.problems) == 2
    with pytest.raises(TopologyError, match="name a way"):
        questions(stack.parse(), [], "nginx_lb")


def test_connections_behind_a_load_balancer_are_questions_too(stack) -> None:
    first, second = questions(stack.parse(), "web1 -> lb1:3306", "nginx_lb")
    assert (first.protocol, first.expect) == ("mysql", "open")
    assert first.behind == ("lb1 -> db1:3306",)
    assert (second.name, second.behind) == ("lb1 -> db1:3306", ())
    every = questions(stack.parse(), "client -> lb1:80", "nginx_lb")
    assert every[0].behind == ("lb1 -> web1:3000", "lb1 -> web2:3000")


def test_connections_behind_a_listener_lead_to_the_pool_it_names(stack) -> None:
    stack.flow("nginx_lb", "web2", 3001, "http")
    declared = [{"port": 80, "pool": "web2"}, {"port": 3306, "pool": "mysql"}]
    every = questions(stack.parse(), "client -> lb1:80", "nginx_lb", declared)
    assert every[0].behind == ("lb1 -> web2:3001",)
    # Without a name it is not known which; the check of the declaration says so.
    assert questions(stack.parse(), "client -> lb1:80", "nginx_lb")[0].behind == ()


def test_undeclared_port_is_expected_to_be_closed(stack) -> None:
    (question,) = questions(stack.parse(), "web1 -> db1:3306", "nginx_lb")
    assert (question.expect, question.protocol) == ("closed", "mysql")
    (question,) = questions(stack.parse(), "web1 -> db1:22", "nginx_lb")
    assert (question.expect, question.protocol) == ("closed", "tcp")


def test_port_of_management_is_expected_to_be_open(stack) -> None:
    stack.flow("203.0.113.0/24", "nginx_lb", 8443)
    stack.topology["management"].append({"from": "10.0.0.0/16", "port": 22})

    def expected(text: str) -> str:
        return questions(stack.parse(), text, "nginx_lb")[0].expect

    assert expected("lb1 -> web1:22") == "open"
    assert expected("web2 -> web1:22") == "closed"
    # The controller's address is not known.
    assert expected("localhost -> web1:22") == ""
    assert expected("localhost -> lb1:8443") == ""
    assert expected("localhost -> lb1:3306") == "closed"


def test_failed_names_stop_at_the_limit() -> None:
    results = [{"name": f"a -> b:{port}", "ok": port == 1} for port in range(1, 5)]
    assert failed_names(results, 20) == (["a -> b:2", "a -> b:3", "a -> b:4"], "")
    names, note = failed_names(results, 2)
    assert (names, note) == (
        ["a -> b:2", "a -> b:3"],
        "not explained, as there are too many: a -> b:4",
    )


def test_controller_is_outside_of_every_network(stack) -> None:
    assert stack.parse().host("localhost").network is None
    assert stack.parse().host("web1").network == "vpc-web"
