# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter on the hosts, and look from real networks what is open. Run by molecule, or by pytest.

The fabric drops what is not declared, so here it lets everything through: what is closed, the hosts
closed. Between networks that are not peered it has no route, so nothing is asked there.
The tests are steps in this order. At the end the firewall is off and the fabric as it was.
"""

from __future__ import annotations

import re
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.lab import (
    ADDRESSES,
    Done,
    changes,
    declaration,
    fabric_rule,
    inside,
    on,
    play,
    run,
    said,
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
    ("mgmt", DB, 3306),  # published by Docker; the client has no route to it
    ("web2", WEB1, 3000),  # a neighbour in its own network
    ("client", LB, 3306),
    ("db1", LB, 3306),
    ("client", LB, 22),
    ("lb1", WEB1, 22),
}


def is_open(way: tuple[str, str, int]) -> bool:
    """Tell whether a TCP connection is made; nothing is sent, and it ends with a reset.

    A reset is no error of a client to MySQL, which would block the load balancer for it.
    """
    source, address, port = way
    script = (
        "import socket, struct, sys\n"
        "try: s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 1.5)\n"
        "except OSError: sys.exit('closed')\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))\n"
    )
    command = inside(source, sys.executable, "-I", "-c", script, address, str(port))
    return run(command).returncode == 0


def found(ways: t.Iterable[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Return those of the ways that are open."""
    listed = sorted(ways)
    with ThreadPoolExecutor(8) as pool:
        return {way for way, answer in zip(listed, pool.map(is_open, listed)) if answer}


def firewall(*options: str, **variables: t.Any) -> Done:
    return play("firewall", *options, **variables)


def wait_for_service() -> None:
    """Wait until everything that is declared is open again."""
    until = time.monotonic() + 60
    while (missing := OPEN - found(OPEN)) and time.monotonic() < until:
        time.sleep(1)
    assert not missing


@pytest.fixture(scope="module", autouse=True)
def fabric() -> t.Iterator[None]:
    """Let the fabric forward everything, and have no firewall on the hosts at the end."""
    with fabric_rule("inet peerlb forward accept"):
        yield
        done = firewall(firewall_enabled=False)
    on(
        "webapp:mysql",
        "systemctl stop nftables && systemctl restart docker",
        "ansible.builtin.shell",
    )
    said(done)


def test_without_it_everything_is_open() -> None:
    """The tests below prove something only if the fabric closes nothing."""
    assert found(OPEN | CLOSED) == OPEN | CLOSED


def test_a_check_shows_the_rules_and_loads_nothing() -> None:
    done = firewall("--check", "--diff", firewall_enabled=True)
    assert any(changes(done).values())
    assert "+    ip saddr { 10.0.0.2/32 } ct original ip daddr 10.2.0.2" in done.stdout
    assert "table inet peerlb" not in on(HOSTS, "nft list tables")


def test_only_what_is_declared_is_open() -> None:
    assert any(changes(firewall(firewall_enabled=True)).values())
    assert found(OPEN | CLOSED) == OPEN


def test_a_second_run_changes_nothing() -> None:
    assert not any(changes(firewall(firewall_enabled=True)).values())


@pytest.mark.parametrize("verb", ["start", "reload", "restart"])
def test_it_survives_what_flushes_every_table(verb) -> None:
    """The distribution's own service, which does not run on these hosts, takes Docker's as well."""
    on("webapp:mysql", f"systemctl {verb} nftables")
    assert on("webapp:mysql", "nft list tables").count("table inet peerlb") == 3
    assert found(CLOSED) == set()


def test_it_survives_a_restart_of_docker() -> None:
    on("webapp:mysql", "systemctl restart docker")
    wait_for_service()
    assert found(CLOSED) == set()


def test_it_survives_a_reboot() -> None:
    wait = "reboot_timeout=60 test_command='nft list table inet peerlb'"
    on("web1:db1", wait, "ansible.builtin.reboot")
    wait_for_service()
    assert found(CLOSED) == set()


def explained(way: str) -> str:
    """Return the first sentence of the playbook about a way, such as web1 -> lb1:3306."""
    told = said(play("explain", explain=way))
    found = re.search(rf"^ +({way} \(.*)$", told, re.M)
    assert found, told[-3000:]
    return found[1]


def test_an_explanation_knows_its_rules() -> None:
    assert explained("web1 -> lb1:3306").endswith(" works")
    declared = declaration()
    older = [flow for flow in declared["flows"] if flow["to"] != "mysql"]
    changes(
        firewall("--limit", "db1", firewall_enabled=True, topology={**declared, "flows": older})
    )
    try:
        told = explained("lb1 -> db1:3306")
    finally:
        assert any(changes(firewall("--limit", "db1", firewall_enabled=True)).values())
    assert "fails at host firewall: " in told
    assert "table inet peerlb, chain declared: drop" in told


def test_what_locks_ansible_out_is_taken_back() -> None:
    declared = declaration()
    done = firewall(
        "--limit", "db1", firewall_enabled=True, firewall_undo_after=10,
        topology={**declared, "management": []},
    )  # fmt: skip
    assert done.returncode == 2
    assert "locked Ansible out, so the former ones came back after 10 s" in " ".join(
        done.stdout.split()
    )
    assert found(OPEN | CLOSED) == OPEN
    assert not any(changes(firewall(firewall_enabled=True)).values())


def test_off_leaves_nothing() -> None:
    assert any(changes(firewall(firewall_enabled=False)).values())
    assert "table inet peerlb" not in on(HOSTS, "nft list tables")
    assert not any(changes(firewall(firewall_enabled=False)).values())
    assert found(OPEN | CLOSED) == OPEN | CLOSED
