# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.pools import (
    listeners,
    pools,
    with_routes,
)
from support.tls import SignedPair

CA = SignedPair.make(["shop.internal"]).certificate
PLAIN: dict = {"tls": False, "routes": []}


def test_each_flow_from_the_load_balancers_makes_a_pool(stack) -> None:
    webapp, mysql = pools(stack.parse(), "nginx_lb", {})
    assert (webapp["name"], mysql["name"]) == ("webapp", "mysql")
    shown = [(member["name"], member["address"], member["port"]) for member in webapp["members"]]
    assert shown == [("web1", "10.1.0.2", 3000), ("web2", "10.1.0.3", 3000)]
    assert Pool.parse(webapp).params() == webapp


def test_pools_have_the_settings_of_members_and_pools(stack) -> None:
    settings = {"web1": {"weight": 3, "state": "drain"}, "web2": None}
    declared = [{"name": "webapp", "method": "least_conn"}]
    webapp = pools(stack.parse(), "nginx_lb", settings, declared)[0]
    assert webapp["method"] == "least_conn"
    assert [member["weight"] for member in webapp["members"]] == [3, 1]
    assert [member["state"] for member in webapp["members"]] == ["drain", "up"]


def test_second_flow_to_a_group_makes_a_pool_with_its_port(stack) -> None:
    stack.flow("nginx_lb", "webapp", 9000, "tcp")
    stack.flow("any", "nginx_lb", 9000, "tcp")
    topology = stack.parse()
    assert [pool["name"] for pool in pools(topology, "nginx_lb", {})] == [
        "webapp",
        "mysql",
        "webapp-9000",
    ]
    leads = {each["port"]: each["pool"] for each in listeners(topology, "nginx_lb")}
    assert leads == {80: "webapp", 3306: "mysql", 9000: "webapp-9000"}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("down", "host web1: peerlb_member is 'down', not a mapping"),
        ([], "host web1: peerlb_member is [], not a mapping"),
        (
            {"wieght": 2},
            "host web1: peerlb_member: unknown key wieght;"
            " known: weight, state, backup, max_conns, max_fails, fail_timeout; is weight meant?",
        ),
        (
            {"address": "10.1.0.9"},
            "host web1: peerlb_member: unknown key address;"
            " known: weight, state, backup, max_conns, max_fails, fail_timeout",
        ),
        (
            {"weight": -1},
            "pool webapp, member web1: weight is -1, not a whole number from 0 to 1000",
        ),
        ({"state": "off"}, "pool webapp, member web1: state is 'off', not one of up, drain, down"),
    ],
)
def test_member_is_refused(stack, settings, complaint) -> None:
    with pytest.raises(PoolError) as caught:
        pools(stack.parse(), "nginx_lb", {"web1": settings})
    assert str(caught.value) == complaint


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ("webapp", "pools: is 'webapp', not a list"),
        ({"webapp": {}}, "pools: is {'webapp': {}}, not a list"),
        (["webapp"], "pools[0]: is 'webapp', not a mapping with name"),
        ([{"method": "hash"}], "pools[0]: is {'method': 'hash'}, not a mapping with name"),
        (
            [{"name": "webap"}],
            "pool webap: no flow leads from nginx_lb to it; flows lead to webapp, mysql",
        ),
        ([{"name": "webapp"}, {"name": "webapp"}], "pool webapp: is declared twice; remove one"),
        (
            [{"name": "webapp", "members": []}],
            "pool webapp: members come from the inventory; remove them",
        ),
        (
            [{"name": "webapp", "metod": "hash"}],
            "pool webapp: unknown key metod; known: name, members, method, hash_key, cookie,"
            " keepalive, connect_timeout, read_timeout, idle_timeout, retry_on, health,"
            " slow_start, tls; is method meant?",
        ),
    ],
)
def test_pool_is_refused(stack, declared, complaint) -> None:
    with pytest.raises(PoolError) as caught:
        pools(stack.parse(), "nginx_lb", {}, declared)
    assert str(caught.value) == complaint


def test_error_names_every_pool_at_fault(stack) -> None:
    declared = [{"name": "x"}, {"name": "webapp", "method": "y"}]
    with pytest.raises(PoolError) as caught:
        pools(stack.parse(), "nginx_lb", {"db1": {"z": 1}}, declared)
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "pool x",
        "pool webapp",
        "host db1",
    ]


def test_each_port_of_the_load_balancers_makes_a_listener(stack) -> None:
    stack.flow("vpc-db", "nginx_lb", 3306, "mysql")  # one more client, no more listeners
    assert listeners(stack.parse(), "nginx_lb") == [
        {"port": 80, "pool": "webapp", "protocol": "http", "address": "", "allow": [], **PLAIN},
        {
            "port": 3306,
            "pool": "mysql",
            "protocol": "tcp",
            "address": "",
            "allow": ["10.1.0.2/31", "10.2.0.0/16"],
            **PLAIN,
        },
    ]


def test_listener_has_its_settings(stack) -> None:
    declared = [{"port": "80", "protocol": "tcp", "address": "10.0.0.2"}]
    assert listeners(stack.parse(), "nginx_lb", declared)[0] == {
        "port": 80,
        "pool": "webapp",
        "protocol": "tcp",
        "address": "10.0.0.2",
        "allow": [],
        **PLAIN,
    }


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ("80", "listeners: is '80', not a list"),
        ([80], "listeners[0]: is 80, not a mapping with port"),
        ([{"pool": "webapp"}], "listeners[0]: is {'pool': 'webapp'}, not a mapping with port"),
        (
            [{"port": 81}],
            "listener 81: no flow admits anybody to nginx_lb:81; flows lead to 80, 3306",
        ),
        ([{"port": 80}, {"port": "80"}], "listener 80: is declared twice; remove one"),
        (
            [{"port": 80, "pools": "x"}],
            "listener 80: unknown key pools; known: port, pool, protocol, address, allow, tls,"
            " routes; is pool meant?",
        ),
        ([{"port": 80, "pool": "x"}], "listener 80: no pool is named x; declared: webapp, mysql"),
        ([{"port": 80, "pool": "mysql"}], "listener 80: is http, but its pool mysql is mysql"),
        (
            [{"port": 80, "address": "lb"}],
            "listener 80: lb is not an IPv4 address such as 10.0.0.2",
        ),
    ],
)
def test_listener_is_refused(stack, declared, complaint) -> None:
    with pytest.raises(PoolError) as caught:
        listeners(stack.parse(), "nginx_lb", declared)
    assert str(caught.value) == complaint


def test_listener_with_two_fitting_pools_has_to_name_one(stack) -> None:
    stack.flow("nginx_lb", "mysql", 3307, "mysql")
    topology = stack.parse()
    with pytest.raises(PoolError) as caught:
        listeners(topology, "nginx_lb")
    assert str(caught.value) == (
        "listener 3306: flows to mysql, mysql-3307 are mysql from nginx_lb:"
        " declare one, or name the pool in peerlb_listeners"
    )
    found = listeners(topology, "nginx_lb", [{"port": 3306, "pool": "mysql-3307"}])
    assert found[1]["pool"] == "mysql-3307"


def test_listener_admits_the_hosts_of_its_flows_and_no_network_of_theirs(stack) -> None:
    by_port = {each["port"]: each["allow"] for each in listeners(stack.parse(), "nginx_lb")}
    assert by_port == {80: [], 3306: ["10.1.0.2/31"]}
    stack.flow("any", "nginx_lb", 3306, "mysql")
    assert [each["allow"] for each in listeners(stack.parse(), "nginx_lb")] == [[], []]


def test_flow_to_one_load_balancer_opens_no_port_of_another(stack) -> None:
    stack.add("lb2", "10.0.0.3", "nginx_lb", "servers")
    stack.flow("db1", "lb1", 3306, "mysql")
    admitted = [
        listeners(stack.parse(), "nginx_lb", host=name)[1]["allow"] for name in ("lb1", "lb2")
    ]
    assert admitted == [["10.1.0.2/31", "10.2.0.2/32"], ["10.1.0.2/31"]]


def test_source_without_a_known_address_admits_nobody(stack) -> None:
    stack.add("laptop", "laptop.example", "clients")
    stack.flow("laptop", "nginx_lb", 8080, "http")
    assert listeners(stack.parse(), "nginx_lb")[2]["allow"] == ["10.0.0.2/32"]


def test_sources_of_a_listener_may_be_declared(stack) -> None:
    declared = [{"port": 3306, "allow": ["192.0.2.0/24"]}]
    assert listeners(stack.parse(), "nginx_lb", declared)[1]["allow"] == ["192.0.2.0/24"]
    with pytest.raises(PoolError, match="listener 3306: 10.1 is not an IPv4 range"):
        listeners(stack.parse(), "nginx_lb", [{"port": 3306, "allow": ["10.1"]}])


@pytest.mark.parametrize("mark", ["-", "_"])
def test_a_pool_has_no_name_of_a_last_resort(stack, mark) -> None:
    name = f"webapp{mark}any"
    stack.add("web3", "10.1.0.4", name)
    stack.flow("nginx_lb", name, 3000, "http")
    with pytest.raises(PoolError, match=f"pool {name}: the last resort of the pool webapp has"):
        pools(stack.parse(), "nginx_lb", {})


def test_two_pools_of_one_name_are_refused(stack) -> None:
    stack.add("web3", "10.1.0.4", "webapp-9000")
    stack.flow("nginx_lb", "webapp-9000", 3000, "http")
    stack.flow("nginx_lb", "webapp", 9000, "tcp")
    with pytest.raises(PoolError, match="two flows would make pools of one name"):
        pools(stack.parse(), "nginx_lb", {})


def listener_at(topology, port: int, settings=()) -> dict:
    found = {each["port"]: each for each in listeners(topology, "nginx_lb", settings)}
    return found[port]


def test_listeners_of_tls_and_of_valkey(edge) -> None:
    topology = edge.parse()
    plain = {"address": "", "routes": []}
    web = {**plain, "pool": "webapp", "protocol": "http", "allow": []}
    assert listener_at(topology, 80) == {**web, "port": 80, "tls": False}
    assert listener_at(topology, 443) == {**web, "port": 443, "tls": True}
    assert listener_at(topology, 6379) == {
        **plain,
        "port": 6379,
        "pool": "valkey",
        "protocol": "tcp",
        "allow": ["10.1.0.2/31"],
        "tls": False,
    }


def test_pool_of_valkey_is_asked_by_its_own_protocol(edge) -> None:
    health = {"path": "/healthz"}
    webapp, _mysql, valkey = pools(edge.parse(), "nginx_lb", {}, (), health)
    assert (valkey["name"], valkey["health"]["type"], valkey["health"]["path"]) == (
        "valkey",
        "redis",
        "/",
    )
    assert (webapp["health"]["type"], webapp["health"]["path"]) == ("http", "/healthz")


@pytest.mark.parametrize("tls", [{"verify": False}, {"name": "shop.internal", "ca": CA}])
def test_pool_of_https(stack, tls: dict) -> None:
    stack.topology["flows"][2]["protocol"] = "https"
    declared = [{"name": "webapp", "tls": tls}]
    webapp = pools(stack.parse(), "nginx_lb", {}, declared, {"path": "/up"})[0]
    assert webapp["tls"] == {"name": "", "ca": "", "verify": True, **tls}
    health = webapp["health"]
    shown = (health["type"], health["path"], health["host"])
    assert shown == ("https", "/up", tls.get("name", ""))
    assert listener_at(stack.parse(), 80)["pool"] == "webapp"


@pytest.mark.parametrize(
    ("protocol", "declared", "complaint"),
    [
        ("https", {}, "pool webapp: its flow is https, so nginx needs to know how to verify the"),
        ("http", {"tls": {"verify": False}}, "pool webapp: has tls, but its flow is http; declare"),
        ("https", {"tls": {}}, "pool webapp, tls: name and ca missing"),
    ],
)
def test_pool_has_tls_just_if_its_flow_has(stack, protocol, declared, complaint) -> None:
    stack.topology["flows"][2]["protocol"] = protocol
    with pytest.raises(PoolError, match=complaint):
        pools(stack.parse(), "nginx_lb", {}, [{"name": "webapp", **declared}])


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"port": 443, "tls": False}, "listener 443: tls is False, but its flow is https; declare"),
        ({"port": 80, "tls": True}, "listener 80: tls is True, but its flow is http; declare"),
        ({"port": 443, "protocol": "tcp"}, "listener 443: tls needs protocol http; tcp passes it"),
        ({"port": 443, "pool": "valkey"}, "listener 443: is http, but its pool valkey is redis"),
    ],
)
def test_listener_of_tls_is_refused(edge, settings: dict, complaint: str) -> None:
    with pytest.raises(PoolError, match=complaint):
        listeners(edge.parse(), "nginx_lb", [settings])


def test_listener_of_tls_leads_to_the_pool_of_http_if_there_is_one(edge) -> None:
    edge.add("api1", "10.1.0.9", "api")
    edge.flow("nginx_lb", "api", 8443, "https")
    assert listener_at(edge.parse(), 443)["pool"] == "webapp"
    edge.topology["flows"] = [f for f in edge.topology["flows"] if f["to"] != "webapp"]
    assert listener_at(edge.parse(), 443)["pool"] == "api"
    edge.topology["flows"] = [f for f in edge.topology["flows"] if f["to"] != "api"]
    with pytest.raises(PoolError, match="listener 443: no flow is https from nginx_lb: declare"):
        listeners(edge.parse(), "nginx_lb")


def test_url_map_gives_listeners_further_pools(stack) -> None:
    stack.add("api1", "10.1.0.9", "api")
    stack.flow("nginx_lb", "api", 3000, "http")
    entries = listeners(stack.parse(), "nginx_lb", [{"port": 80, "pool": "webapp"}])
    rules = [{"path": "/x", "pool": "api"}, {"path": "/y", "pool": "mysql"}]
    url_map = {"hosts": [{"rules": rules, "default": "webapp"}]}
    found = with_routes(entries, stack.parse(), "nginx_lb", url_map)
    # A pool of MySQL is none to which requests of http can go, and the listener has its own.
    assert {each["port"]: each["routes"] for each in found} == {80: ["api"], 3306: []}
    assert with_routes(entries, stack.parse(), "nginx_lb", None) == entries
