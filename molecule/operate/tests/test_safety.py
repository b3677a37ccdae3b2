# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input, two load balancers, and database sessions that outlive changes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from support.lab import ADDRESSES, ROOT, connection, inside, shell, start

RELEASES = "/opt/peerlb/nginx_lb/nginx/releases"
RESTART = "docker restart -t 1 peerlb-nginx"
LIVE = "cd /opt/peerlb/nginx_lb/nginx/current/ && find . -type f | sort | xargs sha256sum"


@contextlib.contextmanager
def nothing(_lab) -> t.Iterator[None]:
    yield


@contextlib.contextmanager
def port_taken(lab) -> t.Iterator[None]:
    with start(inside("lb1", "nc", "-lk", "0.0.0.0", "8099")) as process:
        time.sleep(0.3)
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def disk_full(lab) -> t.Iterator[None]:
    """Put the releases on a file system of two megabytes, and fill what they leave of it."""
    mount = f"cp -a {RELEASES} /run/copy && mount -t tmpfs -o size=2m tmpfs {RELEASES}"
    copy = f"cp -a /run/copy/. {RELEASES} && rm -r /run/copy"
    fill = f"! dd if=/dev/zero of={RELEASES}/.fill bs=4k count=600 status=none"
    shell("lb1", f"{mount} && {copy} && {fill}")
    try:
        yield
    finally:
        # A container that was started meanwhile has a view of its own of the small disk.
        shell("lb1", f"umount {RELEASES} && {RESTART}")


def http(text: str) -> dict[str, t.Any]:
    return {"nginx_lb_extra": {"http": text}, "nginx_lb_start_timeout": 5}


BROKEN = {
    "syntax": (nothing, http("no_such_directive on;"), "unknown directive"),
    "unknown host": (nothing, http("upstream x { server no.such.host; }"), "host not found"),
    "port taken": (port_taken, http("server { listen 8099; }"), "Address already in use"),
    "disk full": (disk_full, http("# another release"), "No space left on device"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_changes_nothing(lab, figures, name) -> None:
    place, extra, message = BROKEN[name]
    before, files = lab.serving(), shell("lb1", LIVE)
    load = lab.start_load("/status/200", rate=50, connections=8, seconds=12)
    with place(lab):
        text = lab.play("nginx_lb", fails=True, **extra)
        assert message in " ".join(text.split())
        assert (lab.serving(), shell("lb1", LIVE)) == (before, files)
        found = load.result()
        shell("lb1", RESTART)
        lab.healthy()
        assert lab.serving() == before
    assert shell("lb1", LIVE) == files
    figures[f"broken: {name}"] = f"{found['failed']} of {found['sent']} requests failed meanwhile"
    assert found["failed"] == 0
    assert "changed=0" in lab.play("nginx_lb")


def test_sessions_in_a_transaction_survive_twenty_changes(lab, figures, tmp_path) -> None:
    script = Path(__file__).resolve().parent.parent / "sessions.py"
    secret = ROOT / ".lab/secrets/webapp_mysql_password"
    argv = [sys.executable, str(script), "10.0.0.2", "64"]
    sessions = start(inside("web1", *argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sessions.stdin.write(secret.read_text().split()[0] + "\n")
    sessions.stdin.flush()
    assert sessions.stdout.readline() == "open\n"
    for count in range(20):
        lab.play("set_weights", weights={"web1": 2 + count % 2})
    during = lab.status(tmp_path)["workers"]
    committed, _rest = sessions.communicate("commit\n", timeout=30)
    time.sleep(5)
    after = lab.status(tmp_path)["workers"]
    figures["64 MySQL transactions, 20 changes"] = (
        f"{committed.split()[0]} committed; {during['shutting_down']} workers of former releases"
        f" while they were open, {after['shutting_down']} afterwards (the application's own pool)"
    )
    assert committed == "64 committed\n"
    assert during["shutting_down"] > 0


@pytest.fixture
def second(lab, tmp_path) -> t.Iterator[list[str]]:
    """A second load balancer, on the database's host, which has Docker and a free port 80.

    Its listener for MySQL is at another address than MySQL itself.
    """
    inventory = tmp_path / "lb2.json"
    # Two hosts of one address are refused; nothing asks for the other one.
    host = {"ansible_host": ADDRESSES["db1"], "peerlb_addresses": ["10.0.0.3"], **connection()}
    inventory.write_text(json.dumps({"nginx_lb": {"hosts": {"lb2": host}}}))
    yield ["-i", str(inventory)]
    remove = "systemctl disable --now peerlb-cut-dead; docker rm -f peerlb-nginx"
    shell(
        "db1", f"{remove}; rm -rf /opt/peerlb/nginx_lb /etc/systemd/system/peerlb-cut-dead.service"
    )


def test_no_balancer_is_changed_unless_all_can_be(lab, figures, second) -> None:
    before = lab.serving()
    text = lab.play("set_weights", *second, weights={"web1": 9}, fails=True)
    assert "deploy the load balancer first" in " ".join(text.split())
    assert lab.serving() == before

    listeners = [{"port": 3306, "address": "127.0.0.1"}]
    lab.play("nginx_lb", *second, "--limit", "lb2", peerlb_listeners=listeners)
    there = lab.serving("db1")
    shell("lb1", "docker kill --signal STOP peerlb-nginx")
    try:
        text = lab.play("set_weights", *second, weights={"web1": 9}, fails=True)
    finally:
        shell("lb1", "docker kill --signal CONT peerlb-nginx")
    assert f"the last good release {before} is live again" in " ".join(text.split())
    assert (lab.serving(), lab.serving("db1")) == (before, there)
    lab.play("set_weights", *second, weights={"web1": 9})
    assert before != lab.serving() and there != lab.serving("db1")
    figures["two load balancers"] = (
        "the first did not take the change: put back, the second untouched"
    )


def test_a_rotated_log_goes_on(lab, tmp_path) -> None:
    """Also over a reload, at which nginx's master opens what belongs to its workers by then."""
    rotate = "logrotate --force --state /opt/peerlb/nginx_lb/logrotate.state"
    lab.load(connections=1, rate=100, seconds=0.1)
    time.sleep(1.5)  # nginx writes once a second
    shell("lb1", f"{rotate} /opt/peerlb/nginx_lb/logrotate.conf")
    lab.play("set_weights", weights={"web1": 3})
    before = requests(lab, tmp_path)
    lab.load(connections=1, rate=100, seconds=0.4)
    time.sleep(1.5)
    after = requests(lab, tmp_path)
    assert [after[each] - before[each] for each in ("web1", "web2")] == [30, 10]


def requests(lab, tmp_path) -> dict[str, int]:
    """Count each member's requests since the lab began: of fewer minutes, the first drop out."""
    traffic = lab.status(tmp_path, since="1d")["traffic"]
    return {name: traffic[f"{ADDRESSES[name]}:3000"]["requests"] for name in ("web1", "web2")}
