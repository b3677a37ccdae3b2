# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.derived import (
    addresses,
    application,
    balancers,
    connections,
    database,
    host_ports,
    store,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK


def test_addresses_in_the_declared_networks(stack) -> None:
    assert addresses(stack.parse(), ["web2", "db1"]) == {"web2": "10.1.0.3", "db1": "10.2.0.2"}
    with pytest.raises(TopologyError, match="^host x: stands in no declared network\nhost y: "):
        addresses(stack.parse(), ["x", "web1", "y"])


def test_database_without_variables(stack) -> None:
    assert database(stack.parse(), STACK, {}) == {
        "port": 3306,
        "account": {
            "name": "webapp",
            "hosts": ["10.0.0.2"],
            "privileges": "webapp.*:ALL",
        },
        "databases": {"db1": [{"name": "webapp"}]},
    }


def test_first_host_that_has_a_variable_names_database_and_account(stack) -> None:
    values = {
        "web1": {"webapp_mysql_user": "shop", "webapp_mysql_database": None},
        "web2": {"webapp_mysql_user": "other", "webapp_mysql_database": "orders"},
        "db1": {"peerlb_databases": [{"name": "reports"}]},
    }
    found = database(stack.parse(), STACK, values)
    assert found["account"]["name"] == "shop"
    assert found["account"]["privileges"] == "orders.*:ALL"
    assert found["databases"] == {"db1": [{"name": "orders"}, {"name": "reports"}]}


def test_privileges_of_the_application_may_be_fewer(stack) -> None:
    values = {"web1": {"webapp_mysql_privileges": "SELECT,INSERT"}}
    found = database(stack.parse(), STACK, values)
    assert found["account"]["privileges"] == "webapp.*:SELECT,INSERT"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, 64),
        ({"web1": {"webapp_workers": "4"}}, 96),
        ({"web1": {"webapp_workers": "four", "webapp_threads": None}}, 64),
        ({"web1": {"webapp_threads": 8}, "web2": {"webapp_image": "shop:1"}}, 16),
    ],
)
def test_connections_of_the_application_to_mysql(stack, values, expected) -> None:
    assert connections(stack.parse(), STACK, values) == expected


def test_database_of_the_application_may_be_among_the_others(stack) -> None:
    own = [{"name": "reports"}, {"name": "webapp", "seed": "shop.sql"}]
    found = database(stack.parse(), STACK, {"db1": {"peerlb_databases": own}})
    assert found["databases"]["db1"] == own


def test_application(stack) -> None:
    stack.add("lb2", "10.0.0.3", "nginx_lb")
    assert application(stack.parse(), STACK) == {
        "port": 3000,
        "mysql_host": "10.0.0.2",
        "mysql_port": 3306,
        "valkey_host": "",
        "valkey_port": 0,
        "trusted_proxies": ["10.0.0.2", "10.0.0.3"],
    }


def test_application_finds_valkey_at_the_load_balancer(edge) -> None:
    found = application(edge.parse(), STACK)
    assert (found["valkey_host"], found["valkey_port"]) == ("10.0.0.2", 6379)


@pytest.mark.parametrize(
    ("own", "name"), [({}, "webapp"), ({"web2": {"webapp_valkey_user": "shop"}}, "shop")]
)
def test_store(edge, own: dict, name: str) -> None:
    assert store(edge.parse(), STACK, own) == {
        "port": 6379,
        "addresses": {"kv1": "10.2.0.5"},
        "account": {"name": name, "sources": ["10.0.0.2/32"]},
    }


def test_store_may_be_missing(stack) -> None:
    assert store(stack.parse(), STACK, {}) == {}


def test_store_needs_a_flow_of_redis(edge) -> None:
    edge.topology["flows"][-1]["protocol"] = "tcp"
    with pytest.raises(TopologyError, match="no flow with protocol redis leads to valkey"):
        store(edge.parse(), STACK, {})
    edge.topology["flows"][-2]["protocol"] = "tcp"
    with pytest.raises(TopologyError, match="one flow has to lead from webapp with the protocol r"):
        application(edge.parse(), STACK)


def test_ports_of_valkey_and_of_tls(edge) -> None:
    found = host_ports(edge.parse(), STACK, {})
    assert found["kv1"] == [{"address": "10.2.0.5", "port": 6379}]
    assert [each["port"] for each in found["lb1"]] == [80, 3306, 443, 6379, 8081, 8053]


def test_each_load_balancer_has_its_own_settings(stack) -> None:
    stack.add("lb2", "10.0.0.3", "nginx_lb")
    values = {
        "lb2": {
            "peerlb_pools": [{"name": "webapp", "method": "least_conn"}],
            "peerlb_listeners": None,
        }
    }
    found = balancers(stack.parse(), STACK, {"web1": {"weight": 3}}, values)
    assert list(found) == ["lb1", "lb2"]
    methods = {name: own["pools"][0]["method"] for name, own in found.items()}
    assert methods == {"lb1": "round_robin", "lb2": "least_conn"}
    assert [each["weight"] for each in found["lb1"]["pools"][0]["members"]] == [3, 1]
    assert [each["port"] for each in found["lb2"]["listeners"]] == [80, 3306]
    assert found["lb1"]["addresses"] == found["lb2"]["addresses"] == ["10.0.0.2", "10.0.0.3"]
    assert (found["lb1"]["peers"], found["lb2"]["peers"]) == (["10.0.0.3"], ["10.0.0.2"])
