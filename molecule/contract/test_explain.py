# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Break each hop of the lab once, and check which hop the explanation blames.

Run by molecule, or by pytest. Each test repairs what it breaks, even if it fails.
"""

from __future__ import annotations

import re

from support.lab import ADDRESSES, declaration, fabric_rule, messages, play

from .conftest import blamed, explain, started, with_table, without_route, without_rule

LB, WEB1, DB = (ADDRESSES[name] for name in ("lb1", "web1", "db1"))
TO_MYSQL = "lb1 -> db1:3306"
RELAYED = "web1 -> lb1:3306"


def test_working_connections() -> None:
    assert explain(RELAYED) == {
        RELAYED: f"{RELAYED} (mysql) works",
        TO_MYSQL: f"{TO_MYSQL} (mysql) works",
    }


def test_connection_that_is_not_declared() -> None:
    sentence = explain("web1 -> db1:3306")["web1 -> db1:3306"]
    assert blamed(sentence) == "declared"
    assert "vpc-webapp and vpc-db are not peered" in sentence
    assert sentence.endswith("Right would be: go through nginx_lb:3306, which is peered with both")


def test_peering_removed() -> None:
    with without_route("lb1", DB, "db1"), without_route("db1", LB, "lb1"):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "route"
    assert "the peering of vpc-nginx-lb and vpc-db has to be active on both sides" in sentence


def test_peering_removed_on_the_target_s_side_only() -> None:
    with without_route("db1", LB, "lb1"):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "way back"
    assert "the peering of vpc-nginx-lb and vpc-db has to be active on both sides" in sentence


def test_rule_of_the_network_s_firewall_removed() -> None:
    with without_rule("flow: nginx_lb -> mysql:3306 (mysql): lb1"):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "rule"
    assert f"admit tcp:3306 from {LB} (lb1) to {DB} (db1)" in sentence


def test_host_firewall_drops_packets_to_a_published_port() -> None:
    rule = "-p tcp -m conntrack --ctorigdstport 3306 --ctdir ORIGINAL -j DROP"
    drop = (f"iptables -{what} DOCKER-USER {rule}" for what in "ID")
    with started("db1", *drop):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "host firewall"
    assert "chain DOCKER-USER" in sentence and "3306 drop" in sentence


def test_host_firewall_rejects_packets_to_a_process() -> None:
    rule = f"ip saddr {WEB1} tcp dport 3306 reject with tcp reset"
    chain = f"chain in {{\ntype filter hook input priority -10; policy accept;\n{rule}\n}}"
    with with_table("lb1", chain):
        sentences = explain(RELAYED)
    assert blamed(sentences[RELAYED]) == "host firewall"
    assert f"table inet broken, chain in: {rule}" in sentences[RELAYED]
    assert sentences[TO_MYSQL].endswith(" works")


def test_open_connection_that_is_not_declared() -> None:
    name = "web1 -> web2:3000"
    rule = 'iifname "web1" oifname "web2" tcp dport 3000 accept comment "too wide"'
    with fabric_rule(f"inet peerlb flows {rule}"):
        sentence = explain(name)[name]
    assert blamed(sentence) == "rule"
    assert "a firewall rule lets web1 through, though no flow admits it" in sentence


def test_verify_explains_a_failed_probe() -> None:
    with without_rule("flow: webapp -> nginx_lb:3306 (mysql): web2"):
        done = play("verify", explain_watch=5)
    assert done.returncode != 0
    sentence = re.escape("web2 -> lb1:3306 (mysql) fails at rule: no packet reaches lb1")
    assert re.search(sentence, done.stdout)


def test_preview_shows_the_changes_of_a_new_declaration() -> None:
    declared = declaration()
    declared["networks"][0]["cidrs"] = ["10.0.0.0/24"]
    for flow in declared["flows"]:
        flow["port"] += flow["to"] == "webapp" or flow["from"] == "webapp"
    shown = "\n".join(line.strip() for line in messages(play("preview", topology=declared)))
    for part in (
        "flows:\n- webapp -> nginx_lb:3306 (mysql)",
        "+ admit tcp:3001 to 10.1.0.2 (web1) from nginx_lb (10.0.0.2)",
        "web1: the application's container is replaced: compose.yml differs, service.json differs\n"
        '- "MYSQL_PORT": "3306",\n+ "MYSQL_PORT": "3307",\n',
        "listeners of lb1:\n- 3306 (tcp) leads to mysql\n+ 3307 (tcp) leads to mysql",
        "+ webapp: server 10.1.0.3:3001 max_fails=0 fail_timeout=10s;  # web2",
    ):
        assert part in shown


def test_stopped_container(no_mysql) -> None:
    sentences = explain(RELAYED)
    assert blamed(sentences[TO_MYSQL]) == "container"
    assert "peerlb-mysql is exited" in sentences[TO_MYSQL]
    # The load balancer in front of MySQL is not blamed.
    assert blamed(sentences[RELAYED]) == "behind"
    assert "peerlb-mysql is exited" in sentences[RELAYED]


def test_service_published_on_the_wrong_address(no_mysql) -> None:
    image = "--entrypoint sleep mysql:9.7 infinity"
    start = f"docker run --detach --rm --name elsewhere --publish 127.0.0.1:3306:3306 {image}"
    with started("db1", start, "docker rm --force elsewhere"):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "listener"
    assert f"127.0.0.1:3306 by dockerd only, not on {DB}" in sentence


def test_wrong_service_on_the_port(no_mysql) -> None:
    serve = f"python3 -m http.server 3306 --bind {DB} --directory /run/lock"
    start = f"systemd-run --unit wrong-service --collect {serve}"
    with started("db1", start, "systemctl stop wrong-service"):
        sentence = explain(TO_MYSQL)[TO_MYSQL]
    assert blamed(sentence) == "greeting"
    assert f"{DB}:3306 by python3" in sentence
    assert sentence.endswith(f"Right would be: MySQL has to answer on {DB}:3306")
