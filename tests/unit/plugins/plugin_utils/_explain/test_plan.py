# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.plan import neighbours, plan
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions


def planned(stack, text: str) -> dict:
    topology = stack.parse()
    return plan(topology, questions(topology, text, "nginx_lb"))


def names(probes: list[dict]) -> list[str]:
    return [probe["name"] for probe in probes]


def test_both_ends_are_asked(stack) -> None:
    tasks = planned(stack, "lb1 -> db1:3306")
    assert names(tasks["lb1"]["probes"]) == ["lb1 -> db1:3306"]
    assert tasks["lb1"]["routes"] == ["10.2.0.2"]
    assert tasks["lb1"]["doors"] == []
    assert tasks["db1"]["doors"] == [{"source": "10.0.0.2", "address": "10.2.0.2", "port": 3306}]
    assert tasks["db1"]["door_names"] == ["lb1 -> db1:3306"]
    own, back = tasks["db1"]["probes"]
    assert own == {
        "name": "db1 -> db1:3306",
        "address": "10.2.0.2",
        "port": 3306,
        "protocol": "mysql",
        "expect": "open",
    }
    assert (back["address"], back["expect"]) == ("10.0.0.2", "closed")


def test_probes_ask_the_application_as_they_are_told(stack) -> None:
    topology, variables = stack.parse(), {"web2": {"webapp_server_name": "shop.example"}}
    asked = questions(topology, "lb1 -> web1:3000", "nginx_lb")
    tasks = plan(topology, asked, variables)
    probes = {each["name"]: each.get("host") for own in tasks.values() for each in own["probes"]}
    assert probes == {
        "lb1 -> web1:3000": "shop.example",
        "lb1 -> web2:3000": "shop.example",
        "web1 -> web1:3000": "shop.example",
        "web1 -> lb1:9": None,
    }


def test_address_of_a_source_outside_is_not_known_at_the_target(stack) -> None:
    tasks = planned(stack, "client -> lb1:80")
    assert tasks["lb1"]["doors"][0]["source"] == ""
    assert "lb1 -> client:9" not in names(tasks["lb1"]["probes"])


def test_load_balancer_is_asked_as_target_and_as_source(stack) -> None:
    tasks = planned(stack, "web1 -> lb1:3306")
    assert set(tasks) == {"web1", "lb1", "db1"}
    assert tasks["lb1"]["door_names"] == ["web1 -> lb1:3306"]
    assert "lb1 -> db1:3306" in names(tasks["lb1"]["probes"])
    assert tasks["db1"]["door_names"] == ["lb1 -> db1:3306"]


def test_target_is_not_asked_about_a_port_that_has_to_be_closed(stack) -> None:
    assert set(planned(stack, "web1 -> db1:3306")) == {"web1"}


def test_both_ends_are_asked_about_management(stack) -> None:
    stack.topology["management"].append({"from": "10.0.0.0/16", "port": 22})
    tasks = planned(stack, "lb1 -> web1:22")
    assert tasks["lb1"]["probes"][0]["expect"] == "open"
    assert tasks["web1"]["door_names"] == ["lb1 -> web1:22"]
    tasks = planned(stack, "localhost -> web1:22")
    assert list(tasks) == ["localhost"]
    assert tasks["localhost"]["probes"][0]["expect"] == "open"


def test_neighbours_are_other_flows_to_the_network_of_the_target(stack) -> None:
    topology = stack.parse()
    (question, *_behind) = questions(topology, "web1 -> lb1:3306", "nginx_lb")
    assert names(neighbours(topology, question)) == ["web1 -> lb1:80"]
    (question,) = questions(topology, "lb1 -> web1:3000", "nginx_lb")
    assert names(neighbours(topology, question)) == ["lb1 -> web2:3000"]
