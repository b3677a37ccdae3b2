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
    asked = planned(stack, "lb1 -> db1:3306")
    assert names(asked["lb1"]["probes"]) == ["lb1 -> db1:3306"]
    assert asked["lb1"]["routes"] == ["10.2.0.2"]
    assert asked["lb1"]["doors"] == []
    assert asked["db1"]["doors"] == [{"source": "10.0.0.2", "address": "10.2.0.2", "port": 3306}]
    assert asked["db1"]["door_names"] == ["lb1 -> db1:3306"]
    own, back = asked["db1"]["probes"]
    assert own == {
        "name": "db1 -> db1:3306",
        "address": "10.2.0.2",
        "port": 3306,
        "protocol": "mysql",
        "expect": "open",
    }
    assert (back["address"], back["expect"]) == ("10.0.0.2", "closed")


def test_who_comes_from_outside_may_have_another_address(stack) -> None:
    asked = planned(stack, "client -> lb1:80")
    assert asked["lb1"]["doors"][0]["source"] == ""
    assert "lb1 -> client:9" not in names(asked["lb1"]["probes"])


def test_a_relay_is_asked_on_both_sides(stack) -> None:
    asked = planned(stack, "web1 -> lb1:3306")
    assert set(asked) == {"web1", "lb1", "db1"}
    assert asked["lb1"]["door_names"] == ["web1 -> lb1:3306"]
    assert "lb1 -> db1:3306" in names(asked["lb1"]["probes"])
    assert asked["db1"]["door_names"] == ["lb1 -> db1:3306"]


def test_the_target_is_left_alone_where_it_has_to_be_closed(stack) -> None:
    assert set(planned(stack, "web1 -> db1:3306")) == {"web1"}


def test_management_is_asked_about_at_both_ends(stack) -> None:
    stack.topology["management"].append({"from": "10.0.0.0/16", "port": 22})
    asked = planned(stack, "lb1 -> web1:22")
    assert asked["lb1"]["probes"][0]["expect"] == "open"
    assert asked["web1"]["door_names"] == ["lb1 -> web1:22"]
    asked = planned(stack, "localhost -> web1:22")
    assert list(asked) == ["localhost"]
    assert asked["localhost"]["probes"][0]["expect"] == "open"


def test_other_flows_of_the_same_way_are_a_hint(stack) -> None:
    topology = stack.parse()
    (asked, *_behind) = questions(topology, "web1 -> lb1:3306", "nginx_lb")
    assert names(neighbours(topology, asked)) == ["web1 -> lb1:80"]
    (asked,) = questions(topology, "lb1 -> web1:3000", "nginx_lb")
    assert names(neighbours(topology, asked)) == ["lb1 -> web2:3000"]
