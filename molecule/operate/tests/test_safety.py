# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of bad input, of two load balancers, and of database sessions during changes."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from support.lab import ADDRESSES, ROOT, connection, in_network, shell, start

RELEASES = "/opt/peerlb/nginx_lb/nginx/releases"
RESTART = "docker restart -t 1 peerlb-nginx"
# nginx hears nothing of the unit, though that runs.
DEAF = (
    "nft add table inet peerlb_deaf"
    " && nft 'add chain inet peerlb_deaf in { type filter hook input priority 0; }'"
    " && nft add rule inet peerlb_deaf in udp dport 8053 drop"
)
LIVE = "cd /opt/peerlb/nginx_lb/nginx/current/ && find . -type f | sort | xargs sha256sum"


@contextlib.contextmanager
def nothing(_lab) -> t.Iterator[None]:
    """Change nothing."""
    yield


@contextlib.contextmanager
def port_taken(lab) -> t.Iterator[None]:
    """Listen on port 8099 of lb1."""
    with start(in_network("lb1", "nc", "-lk", "0.0.0.0", "8099")) as process:
        time.sleep(0.3)
        try:
            yield
        finally:
            process.kill()


@contextlib.contextmanager
def disk_full(lab) -> t.Iterator[None]:
    """Move the releases to a file system that has little more room, and fill the rest of it."""
    size = f"$(($(du -sk {RELEASES} | cut -f1) + 256))k"
    mount = f"cp -a {RELEASES} /run/copy && mount -t tmpfs -o size={size} tmpfs {RELEASES}"
    copy = f"cp -a /run/copy/. {RELEASES} && rm -r /run/copy"
    fill = f"! dd if=/dev/zero of={RELEASES}/.fill bs=4k count=600 status=none"
    shell("lb1", f"{mount} && {copy} && {fill}")
    try:
        yield
    finally:
        # A container that was started meanwhile still has the small file system mounted.
        shell("lb1", f"umount {RELEASES} && {RESTART}")


def http(text: str) -> dict[str, t.Any]:
    """Return variables that add text to nginx's http block."""
    return {"nginx_lb_extra": {"http": text}, "nginx_lb_start_timeout": 5}


BROKEN = {
    # A context in which to deploy, the variables, and a part of the message.
    "syntax": (nothing, http("no_such_directive on;"), "unknown directive"),
    "unknown host": (nothing, http("upstream x { server no.such.host; }"), "host not found"),
    "port taken": (port_taken, http("server { listen 8099; }"), "Address already in use"),
    "disk full": (disk_full, http("# another release"), "No space left on device"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_changes_nothing(lab, figures, name) -> None:
    context, extra, message = BROKEN[name]
    before, files = lab.serving(), shell("lb1", LIVE)
    load = lab.start_load("/status/200", rate=50, connections=8, seconds=60)
    with context(lab):
        text = lab.play("nginx_lb", fails=True, **extra)
        assert message in " ".join(text.split())
        assert (lab.serving(), shell("lb1", LIVE)) == (before, files)
        found = load.stop()
        shell("lb1", RESTART)
        lab.wait_until_healthy()
        assert lab.serving() == before
    assert shell("lb1", LIVE) == files
    figures[f"broken: {name}"] = f"{found['failed']} of {found['sent']} requests failed"
    assert found["failed"] == 0
    assert "changed=0" in lab.play("nginx_lb")


def test_sessions_in_a_transaction_survive_twenty_changes(lab, figures, tmp_path) -> None:
    script = Path(__file__).resolve().parent.parent / "sessions.py"
    secret = ROOT / ".lab/secrets/webapp_mysql_password"
    argv = [sys.executable, str(script), "10.0.0.2", "64"]
    sessions = start(in_network("web1", *argv), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    sessions.stdin.write(secret.read_text().split()[0] + "\n")
    sessions.stdin.flush()
    assert sessions.stdout.readline() == "open\n"
    before = lab.status(tmp_path)["workers"]
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
    assert during["shutting_down"] <= before["shutting_down"]
    assert during["serving"] == before["serving"]


@pytest.fixture
def second(lab, tmp_path) -> t.Iterator[list[str]]:
    """Return options that add a second load balancer, on the database's host.

    That host has Docker and a free port 80. The listener for MySQL needs another address there,
    because MySQL itself has the port.
    """
    inventory = tmp_path / "lb2.json"
    # Two hosts with one address are an error, so lb2 has another. Nothing connects to it.
    host = {"ansible_host": ADDRESSES["db1"], "peerlb_addresses": ["10.0.0.3"], **connection()}
    inventory.write_text(json.dumps({"nginx_lb": {"hosts": {"lb2": host}}}))
    yield ["-i", str(inventory)]
    units = "peerlb-pools.service peerlb-guard.service peerlb-certificates.timer peerlb-logs.timer"
    shell("db1", f"systemctl disable --now {units}; docker rm -f peerlb-nginx")
    files = " ".join(f"/etc/systemd/system/{kind}*" for kind in ("peerlb-pools", "peerlb-guard"))
    files += " /etc/systemd/system/peerlb-certificates* /etc/systemd/system/peerlb-logs*"
    shell("db1", f"rm -rf /opt/peerlb/nginx_lb {files}; systemctl daemon-reload")


def test_no_balancer_changes_unless_all_can_change(lab, figures, second) -> None:
    before = lab.serving()
    text = lab.play("set_weights", *second, weights={"web1": 9}, fails=True)
    assert "deploy the load balancer first" in " ".join(text.split())
    assert lab.serving() == before

    listeners = [{"port": 3306, "address": "127.0.0.1"}]
    own = {"peerlb_listeners": listeners, "nginx_lb_require_members": False}
    lab.play("nginx_lb", *second, "--limit", "lb2", **own)
    shell("lb1", DEAF)
    try:
        text = lab.play("set_weights", *second, weights={"web1": 9}, fails=True)
    finally:
        shell("lb1", "nft delete table inet peerlb_deaf")
    text = " ".join(text.split())
    assert "nginx has not asked for the pool webapp" in text
    assert "what was set before is set again" in text
    assert (lab.overrides(), lab.overrides("db1")) == ({}, {})
    lab.play("set_weights", *second, weights={"web1": 9})
    assert [lab.overrides(host)["web1"]["weight"] for host in ("lb1", "db1")] == [9, 9]
    figures["two load balancers"] = (
        "the first failed to change and has its former weights again; the second did not change"
    )


def test_log_is_complete_after_rotation_and_reload(lab, tmp_path) -> None:
    """At a reload nginx's master opens the logs again, which belong to its workers by then."""
    rotate = "logrotate --force --state /opt/peerlb/nginx_lb/logrotate.state"
    lab.load(connections=1, rate=100, seconds=0.1)
    time.sleep(1.5)  # nginx writes once a second
    shell("lb1", f"{rotate} /opt/peerlb/nginx_lb/nginx/current/logrotate.conf")
    lab.play("set_weights", weights={"web1": 3})
    before = requests(lab, tmp_path)
    lab.load(connections=1, rate=100, seconds=0.4)
    time.sleep(1.5)
    after = requests(lab, tmp_path)
    assert [after[name] - before[name] for name in ("web1", "web2")] == [30, 10]


def requests(lab, tmp_path) -> dict[str, int]:
    """Return each member's number of requests in the last day.

    In a shorter period, old requests would leave the count during the test.
    """
    traffic = lab.status(tmp_path, since="1d")["traffic"]
    return {name: traffic[f"{ADDRESSES[name]}:3000"]["requests"] for name in ("web1", "web2")}
