# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of what comes back by itself, after a reload of nginx and a rotation of its logs."""

from __future__ import annotations

import time

import pytest
from support.lab import shell
from support.operated import power

HOSTS = ("lb1", "web1", "web2", "db1")
ROTATE = "logrotate --force --state /opt/peerlb/nginx_lb/logrotate.state"
POST = ("-X", "POST", "-o", "/dev/null", "-w", "%{http_code}")
MASTER = "docker top peerlb-nginx -eo pid,args | awk '/nginx: master .*nginx-{}.conf/ {{print $1}}'"
# Commands on lb1 that tell whom to kill: a master, or the shell that is the container's program.
KILLED = {
    "master for http": MASTER.format("http"),
    "master for tcp": MASTER.format("tcp"),
    "shell": "docker inspect --format '{{.State.Pid}}' peerlb-nginx",
}


def reload_and_rotate(lab) -> None:
    """Do what has marked the container of nginx as stopped by hand in the past."""
    lab.play("set_weights", weights={"web1": 2})
    shell("lb1", f"{ROTATE} /opt/peerlb/nginx_lb/nginx/current/logrotate.conf")


def seconds_until_whole(lab) -> float:
    """Wait until all members answer and a row is written, and return the seconds of that."""
    began = time.monotonic()
    lab.wait_until_healthy(120)
    while "201" not in lab.curl(*POST, url=f"{lab.url}/connection"):
        assert time.monotonic() < began + 120, "no row can be written"
        time.sleep(0.2)
    return time.monotonic() - began


def wait_until_divided(lab) -> None:
    """Wait until the members get what their weights say.

    A health check that saw one of them boot lets it wait until it has answered twice.
    """
    end = time.monotonic() + 30
    while True:
        served = lab.load(connections=1, rate=150, seconds=0.2)["served_by"]
        if served == {"web1": 20, "web2": 10}:
            return
        assert time.monotonic() < end, served
        time.sleep(0.5)


@pytest.mark.parametrize("name", KILLED)
def test_killed_nginx_comes_back(lab, figures, name) -> None:
    reload_and_rotate(lab)
    before = shell("lb1", KILLED["shell"])
    shell("lb1", f"kill -9 $({KILLED[name]})")
    figures[f"nginx: {name} killed"] = f"{seconds_until_whole(lab):.1f} s until service"
    # The workers of a master that was killed go on serving until the shell has seen it and ends.
    end = time.monotonic() + 60
    while shell("lb1", KILLED["shell"]) in (before, "0\n"):
        assert time.monotonic() < end, "the container was not started again"
        time.sleep(0.2)
    lab.wait_until_healthy()
    wait_until_divided(lab)


@pytest.mark.parametrize("how", ["reboot", "power cut"])
@pytest.mark.parametrize(
    "names",
    [("lb1",), ("web1",), ("db1",), HOSTS, HOSTS[::-1]],
    ids=["lb1", "web1", "db1", "all, balancer first", "all, database first"],
)
def test_hosts_come_back_by_themselves(lab, figures, how, names) -> None:
    """The hosts boot in the order of *names*."""
    reload_and_rotate(lab)
    for name in names:
        power("stop", name, *(["--kill"] if how == "power cut" else []))
    for name in names:
        power("start", name)
    figures[f"{how} of {' '.join(names)}"] = f"{seconds_until_whole(lab):.1f} s until service"
    wait_until_divided(lab)
    assert "changed=0" in lab.play("nginx_lb")
