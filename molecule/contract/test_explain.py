# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break each hop of the lab once, and check who is blamed. Run by molecule, or by pytest.

Whatever a test breaks, it mends, also when it fails.
"""

from __future__ import annotations

import re

from support.lab import ADDRESSES, declaration, fabric_rule, play, said

from .conftest import blamed, explain, started, with_table, without_route, without_rule

LB, WEB1, DB = (ADDRESSES[name] for name in ("lb1", "web1", "db1"))
TO_MYSQL = "lb1 -> db1:3306"
RELAYED = "web1 -> lb1:3306"


def test_all_is_well() -> None:
    assert explain(RELAYED) == {
        RELAYED: f"{RELAYED} (mysql) works",
        TO_MYSQL: f"{TO_MYSQL} (mysql) works",
    }


def test_not_declared() -> None:
    told = explain("web1 -> db1:3306")["web1 -> db1:3306"]
    assert blamed(told) == "declared"
    assert "vpc-webapp and vpc-db are not peered" in told
    assert told.endswith("Right would be: go through nginx_lb:3306, which is peered with both")


def test_peering_removed() -> None:
    with without_route("lb1", DB, "db1"), without_route("db1", LB, "lb1"):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "route"
    assert "the peering of vpc-nginx-lb and vpc-db has to be active on both sides" in told


def test_peering_removed_on_the_far_side_only() -> None:
    with without_route("db1", LB, "lb1"):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "way back"
    assert "the peering of vpc-nginx-lb and vpc-db has to be active on both sides" in told


def test_rule_of_the_network_removed() -> None:
    with without_rule("flow: nginx_lb -> mysql:3306 (mysql): lb1"):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "rule"
    assert f"admit tcp:3306 from {LB} (lb1) to {DB} (db1)" in told


def test_host_firewall_drops_what_docker_publishes() -> None:
    rule = "-p tcp -m conntrack --ctorigdstport 3306 --ctdir ORIGINAL -j DROP"
    drop = (f"iptables -{what} DOCKER-USER {rule}" for what in "ID")
    with started("db1", *drop):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "host firewall"
    assert "chain DOCKER-USER" in told and "3306 drop" in told


def test_host_firewall_rejects_what_a_process_listens_on() -> None:
    rule = f"ip saddr {WEB1} tcp dport 3306 reject with tcp reset"
    chain = f"chain in {{\ntype filter hook input priority -10; policy accept;\n{rule}\n}}"
    with with_table("lb1", chain):
        told = explain(RELAYED)
    assert blamed(told[RELAYED]) == "host firewall"
    assert f"table inet broken, chain in: {rule}" in told[RELAYED]
    assert told[TO_MYSQL].endswith(" works")


def test_open_though_nothing_declares_it() -> None:
    way = "web1 -> web2:3000"
    rule = 'iifname "web1" oifname "web2" tcp dport 3000 accept comment "too wide"'
    with fabric_rule(f"inet peerlb flows {rule}"):
        told = explain(way)[way]
    assert blamed(told) == "rule"
    assert "a firewall rule lets web1 through, though no flow admits it" in told


def test_verify_explains_what_it_finds() -> None:
    with without_rule("flow: webapp -> nginx_lb:3306 (mysql): web2"):
        done = play("verify", explain_watch=5)
    assert done.returncode != 0
    way = re.escape("web2 -> lb1:3306 (mysql) fails at rule: no packet reaches lb1")
    assert re.search(way, done.stdout)


def test_what_would_change_is_shown_before_it_does() -> None:
    declared = declaration()
    declared["networks"][0]["cidrs"] = ["10.0.0.0/24"]
    for flow in declared["flows"]:
        flow["port"] += flow["to"] == "webapp" or flow["from"] == "webapp"
    # The elements of a list in YAML, where quotes stand if the text begins with a space.
    shown = re.sub(r"'?\n +- '? *", "\n", said(play("preview", topology=declared)))
    for part in (
        "flows:\n- webapp -> nginx_lb:3306 (mysql)",
        "+ admit tcp:3001 to 10.1.0.2 (web1) from nginx_lb (10.0.0.2)",
        "environment of web1:\n- MYSQL_PORT=3306\n+ MYSQL_PORT=3307",
        "grants of db1:\n- webapp@10.0.0.0/255.255.0.0\n+ webapp@10.0.0.0/255.255.255.0",
        "listeners of lb1:\n- 3306 (tcp) leads to mysql\n+ 3307 (tcp) leads to mysql",
        "+ webapp: server 10.1.0.3:3001 max_fails=1 fail_timeout=10s;  # web2",
    ):
        assert part in shown


def test_container_stopped(no_mysql) -> None:
    told = explain(RELAYED)
    assert blamed(told[TO_MYSQL]) == "container"
    assert "peerlb-mysql is exited" in told[TO_MYSQL]
    # The load balancer in front of it is not to blame.
    assert blamed(told[RELAYED]) == "behind"
    assert "peerlb-mysql is exited" in told[RELAYED]


def test_bound_to_the_wrong_address(no_mysql) -> None:
    image = "--entrypoint sleep mysql:9.7 infinity"
    start = f"docker run --detach --rm --name elsewhere --publish 127.0.0.1:3306:3306 {image}"
    with started("db1", start, "docker rm --force elsewhere"):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "listener"
    assert f"127.0.0.1:3306 by dockerd only, not on {DB}" in told


def test_wrong_service_on_the_port(no_mysql) -> None:
    serve = f"python3 -m http.server 3306 --bind {DB} --directory /run/lock"
    start = f"systemd-run --unit wrong-service --collect {serve}"
    with started("db1", start, "systemctl stop wrong-service"):
        told = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(told) == "greeting"
    assert f"{DB}:3306 by python3" in told
    assert told.endswith(f"Right would be: MySQL has to answer on {DB}:3306")
