# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import topology as filters
from ansible_collections.peerlb.stack.plugins.filter.derived import derived


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("webapp", ["10.1.0.2", "10.1.0.3"]),
        ("green", ["10.1.0.3"]),
        ("lb1", ["10.0.0.2"]),
        ("vpc-db", ["10.2.0.2"]),
    ],
)
def test_addresses(inventory, of, expected) -> None:
    assert filters.addresses(*inventory.read(), of=of) == expected


def test_addresses_of_an_unknown_name_are_an_error(inventory) -> None:
    with pytest.raises(AnsibleFilterError, match="^web9: is no host, nor group or network"):
        filters.addresses(*inventory.read(), of="web9")


def test_flow_address(inventory) -> None:
    found = filters.flow_address(*inventory.read(), source="webapp", protocol="mysql")
    assert found == {"address": "10.0.0.2", "port": 3306}


@pytest.mark.parametrize("port", [{}, {"port": 3306}, {"port": "3306"}])
def test_grant_hosts(inventory, port) -> None:
    found = filters.grant_hosts(*inventory.read(), target="mysql", **port)
    assert found == ["10.0.0.2"]


def test_pools(inventory) -> None:
    inventory.hosts["webapp"]["children"]["blue"]["hosts"]["web1"]["peerlb_member"] = {
        "weight": "{{ 2 + 1 }}"
    }
    declared = [{"name": "webapp", "method": "least_conn"}]
    webapp, mysql = filters.pools(*inventory.read(), balancer="nginx_lb", declared=declared)
    assert [member["weight"] for member in webapp["members"]] == [3, 1]
    assert webapp["method"] == "least_conn"
    assert [member["name"] for member in mysql["members"]] == ["db1"]


def test_listeners(inventory) -> None:
    found = filters.listeners(*inventory.read(), balancer="nginx_lb")
    assert [(each["port"], each["pool"]) for each in found] == [(80, "webapp"), (3306, "mysql")]


@pytest.mark.parametrize(
    ("source", "opened"),
    [
        ("web1", ["lb1:80", "lb1:3306"]),
        ("client", ["lb1:80"]),
        ("localhost", ["lb1:80"]),  # the controller, which no inventory has to name
    ],
)
def test_probe_targets(inventory, source, opened) -> None:
    found = filters.probe_targets(*inventory.read(), source=source)
    shown = [each["name"].split(" -> ")[1] for each in found if each["expect"] == "open"]
    assert shown == opened


def test_service_address(inventory) -> None:
    inventory.hosts["nginx_lb"]["hosts"]["lb1"]["peerlb_public_address"] = "203.0.113.80"
    for source, address in (("localhost", "203.0.113.80:80"), ("web1", "10.0.0.2:80")):
        found = filters.service_address(*inventory.read(), balancer="nginx_lb", source=source)
        assert found == address


def test_service_port(inventory) -> None:
    read = inventory.read()
    assert filters.service_port(*read, of="mysql", protocol="mysql", balancer="nginx_lb") == 3306


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (filters.addresses, {"of": "webapp"}),
        (filters.flow_address, {"source": "webapp"}),
        (filters.grant_hosts, {"target": "mysql"}),
        (filters.listeners, {"balancer": "nginx_lb"}),
        (filters.pools, {"balancer": "nginx_lb"}),
        (filters.probe_targets, {"source": "web1"}),
        (filters.service_address, {"balancer": "nginx_lb", "source": "client"}),
        (filters.service_port, {"of": "mysql", "protocol": "mysql", "balancer": "nginx_lb"}),
    ],
)
def test_every_filter_names_the_error_in_the_declaration(inventory, function, options) -> None:
    inventory.variables["topology"]["peerings"] = [["vpc-lb"]]
    with pytest.raises(AnsibleFilterError, match=r"^topology.peerings\[0\]: is \['vpc-lb'\], not"):
        function(*inventory.read(), **options)


def test_wrong_pool_is_an_error_of_the_filter(inventory) -> None:
    with pytest.raises(AnsibleFilterError, match="^pool x: no flow leads from nginx_lb to it"):
        filters.pools(*inventory.read(), balancer="nginx_lb", declared=[{"name": "x"}])


def test_all_filters_are_offered() -> None:
    offered = filters.FilterModule().filters()
    assert {name: function.__name__ for name, function in offered.items()} == {
        name: name
        for name in ("addresses", "flow_address", "grant_hosts", "listeners", "pools")
        + ("probe_targets", "service_address", "service_port", "service_url")
    }


@pytest.mark.parametrize(
    ("tls", "found"),
    [
        (None, ("https", "10.0.0.2:443", "shop.example")),
        ({"redirect": True}, ("https", "10.0.0.2:443", "shop.example")),
        ({"redirect": False}, ("http", "10.0.0.2:80", "old.example")),
    ],
)
def test_service_is_asked_by_tls_where_http_redirects(edge, tls, found) -> None:
    edge.hostvars["lb1"] |= {
        "peerlb_tls": tls,
        "peerlb_certificates": [{"name": "shop", "names": ["shop.example"], "key": "secret"}],
    }
    edge.hostvars["web1"]["webapp_server_name"] = "old.example"
    read = (edge.topology, edge.groups, edge.hostvars)
    model = derived(*read, parts=["verify"])["model"]
    asked = filters.service_url(model, source="client")
    assert asked == dict(zip(("scheme", "address", "name"), found))
    assert "secret" not in model


def test_service_is_asked_by_http_without_a_listener_of_tls(stack) -> None:
    read = (stack.topology, stack.groups, stack.hostvars)
    model = derived(*read, parts=["verify"])["model"]
    found = filters.service_url(model, source="client")
    assert found == {"scheme": "http", "address": "10.0.0.2:80", "name": ""}
