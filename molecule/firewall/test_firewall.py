# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Test the hosts' own firewalls with connections from real networks. Run by molecule, or by pytest.

Here the fabric forwards everything, so a closed connection was closed by a host. No connection is
tried between networks that are not peered, because the fabric has no route there. The tests are
steps that run in this order. At the end, the firewall is off and the fabric is as before.
"""

from __future__ import annotations

import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.lab import (
    ADDRESSES,
    Done,
    ansible,
    changes,
    declaration,
    fabric_rule,
    in_network,
    messages,
    output_of,
    play,
    run,
)

HOSTS = "nginx_lb:webapp:mysql"
LB, WEB1, WEB2, DB = (ADDRESSES[name] for name in ("lb1", "web1", "web2", "db1"))
OPEN = {
    ("client", LB, 80),
    ("web1", LB, 80),
    ("db1", LB, 80),
    ("web1", LB, 3306),
    ("web2", LB, 3306),
    ("lb1", WEB1, 3000),
    ("lb1", WEB2, 3000),
    ("lb1", DB, 3306),
    ("mgmt", LB, 22),
    ("mgmt", WEB1, 22),
    ("mgmt", DB, 22),
}
CLOSED = {
    ("mgmt", DB, 3306),  # a port that Docker publishes; the client has no route to it
    ("web2", WEB1, 3000),  # a neighbour in its own network
    ("client", LB, 3306),
    ("db1", LB, 3306),
    ("client", LB, 22),
    ("lb1", WEB1, 22),
}


def is_open(connection: tuple[str, str, int]) -> bool:
    """Return whether a TCP connection is made. Nothing is sent, and a reset ends it.

    MySQL does not count a reset as an error of the client. It blocks clients with many errors.
    """
    source, address, port = connection
    script = (
        "import socket, struct, sys\n"
        "try: s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 1.5)\n"
        "except OSError: sys.exit('closed')\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
    )
    command = in_network(source, sys.executable, "-I", "-c", script, address, str(port))
    return run(command).returncode == 0


def open_among(connections: t.Iterable[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Return the open ones of these connections."""
    listed = sorted(connections)
    with ThreadPoolExecutor(8) as pool:
        return {each for each, answer in zip(listed, pool.map(is_open, listed)) if answer}


def firewall(*options: str, **variables: t.Any) -> Done:
    """Run the playbook firewall to its end."""
    return play("firewall", *options, **variables)


def wait_for_service() -> None:
    """Wait until all declared connections are open again."""
    until = time.monotonic() + 60
    while (missing := OPEN - open_among(OPEN)) and time.monotonic() < until:
        time.sleep(1)
    assert not missing


@pytest.fixture(scope="module", autouse=True)
def fabric() -> t.Iterator[None]:
    """Let the fabric forward everything. At the end, remove the hosts' firewalls."""
    with fabric_rule("inet peerlb forward accept"):
        yield
        done = firewall(firewall_enabled=False)
    ansible(
        "webapp:mysql",
        "systemctl stop nftables && systemctl restart docker",
        "ansible.builtin.shell",
    )
    output_of(done)


def test_everything_is_open_without_the_firewall() -> None:
    """The tests below prove nothing if the fabric closes a connection."""
    assert open_among(OPEN | CLOSED) == OPEN | CLOSED


def test_check_mode_shows_the_rules_and_loads_nothing() -> None:
    done = firewall("--check", "--diff", firewall_enabled=True)
    assert any(changes(done).values())
    assert "+    ip saddr { 10.0.0.2/32 } ct original ip daddr 10.2.0.2" in done.stdout
    assert "table inet peerlb" not in ansible(HOSTS, "nft list tables")


def test_only_declared_connections_are_open() -> None:
    assert any(changes(firewall(firewall_enabled=True)).values())
    assert open_among(OPEN | CLOSED) == OPEN


def test_second_run_changes_nothing() -> None:
    assert not any(changes(firewall(firewall_enabled=True)).values())


@pytest.mark.parametrize("verb", ["start", "reload", "restart"])
def test_rules_survive_nftables_service_which_flushes_every_table(verb) -> None:
    """These hosts do not run the distribution's service. It flushes Docker's tables as well."""
    ansible("webapp:mysql", f"systemctl {verb} nftables")
    assert ansible("webapp:mysql", "nft list tables").count("table inet peerlb") == 3
    assert open_among(CLOSED) == set()


def test_rules_survive_a_restart_of_docker() -> None:
    ansible("webapp:mysql", "systemctl restart docker")
    wait_for_service()
    assert open_among(CLOSED) == set()


def test_rules_survive_a_reboot() -> None:
    wait = "reboot_timeout=60 test_command='nft list table inet peerlb'"
    ansible("web1:db1", wait, "ansible.builtin.reboot")
    wait_for_service()
    assert open_among(CLOSED) == set()


def explained(connection: str) -> str:
    """Return the first sentence of the explanation of a connection, such as web1 -> lb1:3306."""
    lines = messages(play("explain", explain=connection))
    return next(line for line in lines if line.startswith(f"{connection} ("))


def test_explanation_names_the_rule_that_drops_a_connection() -> None:
    assert explained("web1 -> lb1:3306").endswith(" works")
    declared = declaration()
    older = [flow for flow in declared["flows"] if flow["to"] != "mysql"]
    changes(
        firewall("--limit", "db1", firewall_enabled=True, topology={**declared, "flows": older})
    )
    try:
        sentence = explained("lb1 -> db1:3306")
    finally:
        assert any(changes(firewall("--limit", "db1", firewall_enabled=True)).values())
    assert "fails at host firewall: " in sentence
    assert "table inet peerlb, chain declared: drop" in sentence


def test_rules_that_lock_ansible_out_are_undone() -> None:
    declared = declaration()
    done = firewall(
        "--limit", "db1", firewall_enabled=True, firewall_undo_after=10,
        topology={**declared, "management": []},
    )  # fmt: skip
    assert done.returncode == 2
    assert "locked Ansible out, so the former ones came back after 10 s" in " ".join(
        done.stdout.split()
    )
    assert open_among(OPEN | CLOSED) == OPEN
    assert not any(changes(firewall(firewall_enabled=True)).values())


def test_disabled_firewall_leaves_no_rules() -> None:
    assert any(changes(firewall(firewall_enabled=False)).values())
    assert "table inet peerlb" not in ansible(HOSTS, "nft list tables")
    assert not any(changes(firewall(firewall_enabled=False)).values())
    assert open_among(OPEN | CLOSED) == OPEN | CLOSED
