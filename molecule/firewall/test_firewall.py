# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter on the hosts, and look from real networks what is open. Run by molecule, or by pytest.

The fabric drops what is not declared, so here it lets everything through: what is closed, the hosts
closed. Between networks that are not peered it has no route, so nothing is asked there.
The tests are steps in this order. At the end the firewall is off and the fabric as it was.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
TOPOLOGY = ROOT / "inventories/lab/group_vars/all/topology.yml"
HOSTS = "nginx_lb:webapp:mysql"
CHAIN = ("inet", "peerlb", "forward")
LB, WEB1, WEB2, DB = "10.0.0.2", "10.1.0.2", "10.1.0.3", "10.2.0.2"
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


def within(host: str, *command: str) -> str:
    """Run a program of this machine in the network of a host."""
    done = subprocess.run(
        ("ip", "netns", "exec", f"peerlb-{host}", *command),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


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
    command = ("ip", "netns", "exec", f"peerlb-{source}", sys.executable, "-I", "-c", script)
    command = (*command, address, str(port))
    return not subprocess.run(command, capture_output=True, check=False).returncode


def found(ways: t.Iterable[tuple[str, str, int]]) -> set[tuple[str, str, int]]:
    """Return those of the ways that are open."""
    listed = sorted(ways)
    with ThreadPoolExecutor(8) as pool:
        return {way for way, answer in zip(listed, pool.map(is_open, listed)) if answer}


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (PROGRAMS / program, *arguments),
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def on(hosts: str, command: str) -> str:
    """Run a command on hosts, as root."""
    done = ansible("ansible", hosts, "--become", "--args", command)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout


def play(*arguments: str, **variables: object) -> subprocess.CompletedProcess[str]:
    return ansible(
        "ansible-playbook", "playbooks/firewall.yml", "-e", json.dumps(variables), *arguments
    )


def changes(done: subprocess.CompletedProcess[str]) -> set[str]:
    """Return the numbers of changes that a play reports, one word for all hosts if they agree."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return set(re.findall(r"changed=(\d+)", done.stdout))


def wait_for_service() -> None:
    """Wait until everything that is declared is open again."""
    until = time.monotonic() + 60
    while (missing := OPEN - found(OPEN)) and time.monotonic() < until:
        time.sleep(1)
    assert not missing


@pytest.fixture(scope="module", autouse=True)
def fabric() -> t.Iterator[None]:
    """Let the fabric forward everything, and have no firewall on the hosts at the end."""
    added = within("fabric", "nft", "--echo", "--handle", "insert", "rule", *CHAIN, "accept")
    (handle,) = re.findall(r"# handle (\d+)", added)
    try:
        yield
    finally:
        done = play(firewall_enabled=False)
        within("fabric", "nft", "delete", "rule", *CHAIN, "handle", handle)
        assert done.returncode == 0, done.stdout[-3000:]


def test_without_it_everything_is_open() -> None:
    """The tests below prove something only if the fabric closes nothing."""
    assert found(OPEN | CLOSED) == OPEN | CLOSED


def test_a_check_shows_the_rules_and_loads_nothing() -> None:
    done = play("--check", "--diff", firewall_enabled=True)
    assert changes(done) - {"0"}
    assert "+    ip saddr { 10.0.0.2/32 } ct original ip daddr 10.2.0.2" in done.stdout
    assert "table inet peerlb" not in on(HOSTS, "nft list tables")


def test_only_what_is_declared_is_open() -> None:
    assert changes(play(firewall_enabled=True)) - {"0"}
    assert found(OPEN | CLOSED) == OPEN


def test_a_second_run_changes_nothing() -> None:
    assert changes(play(firewall_enabled=True)) == {"0"}


def test_it_survives_a_restart_of_docker() -> None:
    on("webapp:mysql", "systemctl restart docker")
    wait_for_service()
    assert found(CLOSED) == set()


def test_it_survives_a_reboot() -> None:
    done = ansible(
        "ansible", "web1:db1", "--become", "-m", "ansible.builtin.reboot",
        "-a", "reboot_timeout=60 test_command='nft list table inet peerlb'",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    wait_for_service()
    assert found(CLOSED) == set()


def explained(way: str) -> str:
    """Return the first sentence of the playbook about a way, such as web1 -> lb1:3306."""
    done = ansible("ansible-playbook", "playbooks/explain.yml", "-e", f"explain='{way}'")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    found = re.search(rf"^ +({way} \(.*)$", done.stdout, re.M)
    assert found, done.stdout[-3000:]
    return found[1]


def test_an_explanation_knows_its_rules() -> None:
    assert explained("web1 -> lb1:3306").endswith(" works")
    declared = yaml.safe_load(TOPOLOGY.read_text(encoding="utf-8"))["topology"]
    older = [flow for flow in declared["flows"] if flow["to"] != "mysql"]
    changes(play("--limit", "db1", firewall_enabled=True, topology={**declared, "flows": older}))
    try:
        told = explained("lb1 -> db1:3306")
    finally:
        assert changes(play("--limit", "db1", firewall_enabled=True)) - {"0"}
    assert "fails at host firewall: " in told
    assert "table inet peerlb, chain declared: drop" in told


def test_what_locks_ansible_out_is_taken_back() -> None:
    declared = yaml.safe_load(TOPOLOGY.read_text(encoding="utf-8"))["topology"]
    begun = time.monotonic()
    done = play(
        "--limit", "db1", firewall_enabled=True, firewall_undo_after=10,
        topology={**declared, "management": []},
    )  # fmt: skip
    assert done.returncode == 2
    assert "locked Ansible out, so after 10 s the" in " ".join(done.stdout.split())
    assert time.monotonic() - begun < 40
    assert found(OPEN | CLOSED) == OPEN
    assert changes(play(firewall_enabled=True)) == {"0"}


def test_off_leaves_nothing() -> None:
    assert changes(play(firewall_enabled=False)) - {"0"}
    assert "table inet peerlb" not in on(HOSTS, "nft list tables")
    assert changes(play(firewall_enabled=False)) == {"0"}
    assert found(OPEN | CLOSED) == OPEN | CLOSED
