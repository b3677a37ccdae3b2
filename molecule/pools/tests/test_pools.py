# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of live pools under load: members that fail, changes without a reload, a broken unit."""

from __future__ import annotations

import contextlib
import json
import time
import typing as t

import pytest
from support.lab import run_in_network, shell

GETS = {"rate": 600, "connections": 16}
POSTS = {"rate": 60, "connections": 4, "method": "POST"}
BREAK_AT, LASTS, AFTER = 2, 7, 5  # seconds
FALL, INTERVAL = 3, 1  # the defaults of a health check
CUT = """table inet peerlb_cut {
  chain forward {
    type filter hook forward priority -10; policy accept;
    ip daddr 10.1.0.3 ip saddr 10.0.0.2 drop
    ip saddr 10.1.0.3 ip daddr 10.0.0.2 drop
  }
}
"""
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
        run_in_network("fabric", "nft", "-f", "-", text=CUT)
    else:
        shell("web2", begin)
    try:
        yield
    finally:
        if name == "silence":
            run_in_network("fabric", "nft", "delete", "table", "inet", "peerlb_cut")
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
