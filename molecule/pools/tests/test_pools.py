# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of live pools under load: members that fail, changes without a reload, a broken unit."""

from __future__ import annotations

import contextlib
import json
import time
import typing as t

import pytest
from support.lab import in_network, shell, start
from support.operated import cut, uncut

GETS = {"rate": 600, "connections": 16}
POSTS = {"rate": 60, "connections": 4, "method": "POST"}
BREAK_AT, LASTS, AFTER = 2, 7, 5  # seconds
FALL, INTERVAL = 3, 1  # the defaults of a health check
OVERRIDES = "/opt/peerlb/nginx_lb/nginx/overrides.json"
WORKERS = "$(docker top peerlb-standin -eo pid,args | awk '/nginx: worker/ {print $1}')"
ALL = "$(docker top peerlb-standin -eo pid,args | awk '/nginx:/ {print $1}')"

# What happens to web2, and how it ends, as commands of web2. Silence is a matter of the network.
FAULTS = {
    "503": ("touch /run/standin/503", "rm /run/standin/503"),
    "reset": ("touch /run/standin/reset", "rm /run/standin/reset"),
    "refused": ("docker kill peerlb-standin", "docker start peerlb-standin"),
    "hang": (f"kill -STOP {WORKERS}", f"kill -CONT {WORKERS}"),
    "freeze": (f"kill -STOP {ALL}", f"kill -CONT {ALL}"),
    "silence": ("", ""),
}


def unit() -> dict[str, t.Any]:
    """Return the report of the unit on lb1."""
    return json.loads(shell("lb1", "cat /run/peerlb-pools/report.json"))


def workers() -> list[str]:
    """Return the processes of nginx's workers; a reload exchanges them."""
    text = shell("lb1", "docker top peerlb-nginx -eo pid,args")
    return sorted(line.split()[0] for line in text.splitlines() if "nginx: worker" in line)


def posts_of(prefix: str) -> dict[str, int]:
    """Return how often the members executed each POST, by its id."""
    found: dict[str, int] = {}
    for host in ("web1", "web2"):
        for line in shell(host, "cat /run/standin/posts").splitlines():
            if prefix in line:
                found[line] = found.get(line, 0) + 1
    return found


@contextlib.contextmanager
def fault(name: str) -> t.Iterator[None]:
    """Let web2 fail within the block."""
    begin, end = FAULTS[name]
    if name == "silence":
        cut()
    else:
        shell("web2", begin)
    try:
        yield
    finally:
        if name == "silence":
            uncut()
        else:
            shell("web2", end)


@pytest.fixture(scope="module", autouse=True)
def fast_members(lab) -> t.Iterator[None]:
    """Replace the application by a stand-in that can fail on command."""
    lab.play("../molecule/operate/standin", standin=True)
    yield
    lab.play("../molecule/operate/standin", standin=False)


@pytest.fixture
def forgotten() -> None:
    """Let the unit forget that web2 failed in another test: a member that flaps comes back late."""
    shell(
        "lb1",
        "systemctl stop peerlb-pools; rm -f /run/peerlb-pools/*; systemctl start peerlb-pools",
    )


@pytest.mark.parametrize("name", FAULTS)
def test_member_that_fails_is_left(lab, forgotten, figures, name) -> None:
    prefix = f"{name}{time.time():.0f}-"
    span = BREAK_AT + LASTS + AFTER
    gets = lab.start_load("/", **GETS, seconds=span)
    posts = lab.start_load("/post?id={id}", **POSTS, seconds=span, ids=prefix)
    gets.wait(BREAK_AT)
    began = gets.now()
    with fault(name):
        broken = gets.now()
        gets.wait(BREAK_AT + LASTS)
        state = unit()["pools"]["webapp"]["members"]["web2"]
    repaired = gets.now()
    got, posted = gets.result(), posts.result()
    within = [second for second, by in got["by_second"].items() if by.get("web2")]
    during = [int(each) for each in within if broken + 1 <= int(each) < repaired - 1]
    back = min((int(each) for each in within if int(each) > repaired - 1), default=span)
    executed = posts_of(prefix)
    figures[f"web2: {name}"] = (
        f"{got['failed']} of {got['sent']} GETs failed {got['lost'] or ''}, the slowest took"
        f" {got['p100_ms']:.0f} ms; {posted['failed']} of {posted['sent']} POSTs failed"
        f" {posted['statuses']} {posted['lost'] or ''};"
        f" GETs of web2 after the fault in seconds {during} of {began:.1f} to {repaired:.1f};"
        f" back in second {back}; the unit says: {state['why']}"
    )
    assert (state["state"], state["serves"]) == ("bad", False)
    assert got["failed"] == 0
    assert got["sent"] >= 5000
    assert max(executed.values()) == 1
    # Three probes, and two seconds more.
    assert all(second <= broken + FALL * INTERVAL + 2 for second in during)
    assert back < span


def test_changes_reload_nothing_and_lose_nothing(lab, figures) -> None:
    """Each change is confirmed by the module, which waits until nginx has asked again."""
    before, release = workers(), lab.serving()
    prefix = f"changes{time.time():.0f}-"
    load = lab.start_load(
        "/post?id={id}", method="POST", rate=400, connections=16, seconds=250, ids=prefix
    )
    lab.play("../molecule/pools/changes", weights=100, memberships=24, seconds=400)
    ended = load.now()
    found = load.stop()
    figures["100 changes of weights and 24 of members"] = (
        f"{found['failed']} of {found['sent']} POSTs failed {found['lost'] or ''}"
        f" in {ended:.0f} s, p99 {found['p99_ms']} ms; workers exchanged: {workers() != before}"
    )
    assert found["failed"] == 0
    assert max(posts_of(prefix).values()) == 1
    assert (workers(), lab.serving()) == (before, release)


@contextlib.contextmanager
def port_taken() -> t.Iterator[None]:
    """Take the port of the unit on lb1, while the unit starts."""
    shell("lb1", "systemctl stop peerlb-pools")
    with start(in_network("lb1", "nc", "-lku", "127.0.0.1", "8053")) as process:
        shell("lb1", "systemctl start peerlb-pools")
        try:
            yield
        finally:
            process.kill()


def test_unit_that_fails_costs_nothing(lab, forgotten, figures) -> None:
    """It is killed, frozen, restarted, loses its memory and its port; nginx goes on meanwhile."""
    lab.play("set_weights", weights="web1=3,web2=1")
    load = lab.start_load("/post?id={id}", method="POST", rate=300, connections=16, seconds=60)
    main = "$(systemctl show --property=MainPID --value peerlb-pools)"
    shell("lb1", f"kill -KILL {main}")
    load.wait(3)
    shell("lb1", f"kill -STOP {main}")  # the watchdog ends and starts it
    load.wait(18)
    shell("lb1", "echo '{' > /run/peerlb-pools/report.json; systemctl restart peerlb-pools")
    load.wait(21)
    shell("lb1", f"cp {OVERRIDES} /run/kept; echo '{{' > {OVERRIDES}")
    load.wait(23)
    damaged = unit()["errors"]
    shell("lb1", f"systemctl restart peerlb-pools; sleep 2; cp -p /run/kept {OVERRIDES}")
    load.wait(28)
    with port_taken():
        load.wait(31)
        taken = unit()["errors"]
    load.wait(34)
    mended = unit()["errors"]
    found = load.stop()
    figures["unit killed, frozen, restarted, with damaged files and without its port"] = (
        f"{found['failed']} of {found['sent']} POSTs failed {found['lost'] or ''}"
    )
    assert found["failed"] == 0
    assert "cannot read what is wanted" in damaged[0]
    assert "8053" in taken[0]
    assert mended == []
    assert lab.load(connections=1, rate=200, seconds=0.2)["served_by"] == {"web1": 30, "web2": 10}


@pytest.mark.parametrize("unit_first", [True, False])
def test_nginx_starts_without_the_unit_and_finds_it_later(lab, figures, unit_first) -> None:
    if not unit_first:
        shell("lb1", "systemctl stop peerlb-pools")
    shell("lb1", "docker restart -t 1 peerlb-nginx")
    while lab.curl("-o", "/dev/null", "-w", "%{http_code}") != "200":
        time.sleep(0.05)
    load = lab.start_load("/post?id={id}", method="POST", rate=300, connections=16, seconds=8)
    load.wait(3)
    shell("lb1", "systemctl start peerlb-pools")
    found = load.result()
    figures[f"nginx restarted {'with' if unit_first else 'without'} the unit"] = (
        f"{found['failed']} of {found['sent']} POSTs failed after the first answer"
    )
    assert found["failed"] == 0
    assert len(found["served_by"]) == 2


def test_flapping_member_costs_nobody_anything(lab, forgotten, figures) -> None:
    load = lab.start_load("/", rate=300, connections=16, seconds=50)
    for _each in range(4):
        with fault("503"):
            time.sleep(4.5)
        time.sleep(4)
    state = unit()["pools"]["webapp"]["members"]["web2"]
    journal = shell("lb1", "journalctl -u peerlb-pools --since -60s")
    found = load.stop()
    figures["flapping member"] = (
        f"{found['failed']} of {found['sent']} GETs failed; {len(state['changes'])} changes"
    )
    assert found["failed"] == 0
    assert state["flaps"]
    assert "member web2 flaps" in journal


def test_rollback_leaves_weights_as_operators_set_them(lab) -> None:
    lab.play("nginx_lb", nginx_lb_extra={"http": "# another release"})
    lab.play("set_weights", weights="web1=3,web2=1")
    before = lab.serving()
    lab.play("rollback")
    assert lab.serving() != before
    assert lab.overrides()["web1"]["weight"] == 3
    assert lab.load(connections=1, rate=200, seconds=0.2)["served_by"] == {"web1": 30, "web2": 10}
