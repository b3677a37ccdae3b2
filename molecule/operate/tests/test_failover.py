# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of members that fail, and of methods that keep a client on one member."""

from __future__ import annotations

import contextlib
import subprocess
import time
import typing as t

import pytest
from support.lab import shell
from support.operated import cut, executions, power, uncut

BREAK_AT, AFTER = 3, 12  # seconds from the load's begin, and from the repair to the load's end
Act = t.Callable[[t.Any], t.Any]
# How to break web2, how to repair it, and the seconds between. fail_timeout is 10 s, so in an
# outage of 14 s nginx tries the member once more before the repair.
OUTAGES: dict[str, tuple[Act, Act, int]] = {
    "container killed": (
        lambda _lab: shell("web2", "docker kill peerlb-webapp"),
        lambda _lab: shell("web2", "docker start peerlb-webapp"),
        5,
    ),
    "engine stopped": (
        lambda _lab: shell("web2", "systemctl stop docker.socket docker"),
        lambda _lab: shell("web2", "systemctl start docker"),
        5,
    ),
    "host powered off": (
        lambda _lab: power("stop", "web2", "--kill"),
        lambda _lab: power("start", "web2"),
        14,
    ),
    "network cut": (lambda _lab: cut(), lambda _lab: uncut(), 14),
}


@pytest.fixture
def repairs(lab) -> t.Iterator[list[Act]]:
    """Return a list of repairs. Those that are still in the list at the end are carried out."""
    pending: list[Act] = []
    yield pending
    for repair in pending:
        with contextlib.suppress(subprocess.SubprocessError, AssertionError):
            repair(lab)


@pytest.mark.parametrize("name", OUTAGES)
def test_member_fails(lab, figures, repairs, name) -> None:
    begin, end, lasting = OUTAGES[name]
    prefix = f"{name.split()[-1]}{time.time():.0f}-"
    span = BREAK_AT + lasting + AFTER
    # After a client has the head of an answer, nginx cannot ask another member for the rest. This
    # answer is its head alone, so none is lost at whatever moment the member goes.
    gets = lab.start_load("/status/204", rate=60, connections=12, seconds=span)
    posts = lab.start_load(
        "/connection?id={id}", method="POST", rate=20, connections=4, seconds=span, ids=prefix
    )
    gets.wait(BREAK_AT)
    repairs.append(end)
    begin(lab)
    gets.wait(BREAK_AT + lasting)
    end(lab)
    repairs.pop()
    back = gets.now()
    got, posted = gets.result(), posts.result()
    slow = {int(second): took for second, (took, _failed) in got["worst_by_second"].items()}
    gone = range(BREAK_AT + 2, BREAK_AT + lasting)
    afterwards = max((took for second, took in slow.items() if second in gone), default=100)
    seconds = [int(second) for second, by in got["by_second"].items() if by.get("web2")]
    returned = min((each for each in seconds if each >= BREAK_AT + lasting), default=None)
    # On a machine that has other work, the host may still boot when the load has ended.
    lab.wait_until_healthy(180)
    rows = executions(prefix)
    figures[name] = (
        f"{got['failed']} of {got['sent']} GETs failed {got['lost'] or ''},"
        f" the slowest took {got['p100_ms']:.0f} ms,"
        f" from 2 s after it at most {afterwards:.0f} ms;"
        f" {posted['failed']} of {posted['sent']} POSTs failed {posted['statuses']}"
        f" {posted['lost'] or ''}, {max(rows.values())} execution each at most;"
        f" repaired at {back:.1f} s, web2 answers again in second {returned or 'none of the load'}"
    )
    assert max(rows.values()) == 1
    written = [request for request, status in posted["ids"].items() if status == "201"]
    assert all(rows.get(request) == 1 for request in written)
    assert got["failed"] == 0
    # Not read_timeout (60 s), but something else has ended the wait for a member that vanished.
    assert got["p100_ms"] < 30_000


def deploy(lab, method: str) -> None:
    """Deploy the load balancer with another method for the pool."""
    lab.play("nginx_lb", peerlb_pools=[{"name": "webapp", "method": method}])


@pytest.mark.parametrize("method", ["sticky", "ip_hash"])
def test_client_stays_on_its_member_until_that_dies(
    lab, as_declared, repairs, tmp_path, figures, method
) -> None:
    deploy(lab, method)
    jar = ["-c", str(tmp_path / "jar"), "-b", str(tmp_path / "jar"), "-o", "/dev/null"]
    ask = [*jar, "-w", "%{http_code} %header{x-served-by}"]
    answers = {lab.curl(*ask) for _each in range(10)}
    assert len(answers) == 1
    status, member = answers.pop().split()
    assert status == "200"
    repairs.append(lambda _lab: shell(member, "docker start peerlb-webapp"))
    shell(member, "docker kill peerlb-webapp")
    status, other = lab.curl(*ask).split()
    assert (status, other != member) == ("200", True)
    figures[method] = (
        f"10 of 10 from {member}; after it is killed, {other} answers the next request"
    )


def test_protocol_tcp_has_exact_shares_too(lab, as_declared, figures) -> None:
    listeners = [{"port": 80, "protocol": "tcp"}]
    before = lab.serving()
    pools = [{"name": "webapp", "method": "sticky"}]
    text = lab.play("nginx_lb", fails=True, peerlb_listeners=listeners, peerlb_pools=pools)
    assert "method sticky needs protocol http" in " ".join(text.split())
    assert lab.serving() == before
    lab.play("nginx_lb", peerlb_listeners=listeners)
    found = lab.load("/status/200", rate=100, connections=1, seconds=0.4, close=1)
    assert found["served_by"] == {"web1": 20, "web2": 20}
    lab.play("set_weights", weights="web1=3,web2=1")
    found = lab.load("/status/200", rate=100, connections=1, seconds=0.4, close=1)
    assert found["served_by"] == {"web1": 30, "web2": 10}
    figures["tcp"] = "20/20 and 30/10 of 40 connections"


def test_application_sees_the_client_s_address(lab) -> None:
    answer = lab.curl("-H", "X-Forwarded-For: 192.0.2.1", "-H", "Accept: application/json")
    assert '"client":"203.0.113.10"' in answer.replace(" ", "")


def test_error_names_a_method_that_an_old_nginx_lacks(lab) -> None:
    before = lab.serving()
    pools = [{"name": "webapp", "method": "sticky"}]
    text = lab.play("nginx_lb", fails=True, peerlb_pools=pools, nginx_lb_version="1.26")
    assert "method sticky needs nginx 1.29.6 or newer" in " ".join(text.split())
    assert lab.serving() == before
