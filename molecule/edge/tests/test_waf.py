# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application firewall: what it refuses, what passes, and what its failure costs."""

from __future__ import annotations

import base64
import json
import re
import sys
import time
import typing as t
from collections import Counter
from subprocess import PIPE

import pytest
from support import ROOT
from support.lab import (
    ADDRESSES,
    in_network,
    run_in_network,
    shell,
    start,
)
from support.operated import Lab
from support.waf_requests import MISTAKEN, PROBES, Sent, ordinary, query

NAME = "shop.example"
SENDER = str(ROOT / "tests/support/send_requests.py")
URL_MAP = {
    "hosts": [
        {
            "names": [NAME],
            "rules": [{"path": "/guarded/*", "pool": "webapp", "waf": True}],
            "default": "webapp",
        }
    ]
}
ROUTE = f"{NAME} /guarded/*"
CONTAINER = "peerlb-waf"
# Rules that the phrases of MISTAKEN meet in an argument.
EXCLUSIONS = [
    {"rule": rule, "path": "/guarded/*", "argument": "q", "reason": "Visitors search for a sport."}
    for rule in (932100, 932105, 932115, 932150)
]


def deploy(lab: Lab, **waf: t.Any) -> str:
    """Deploy the load balancer with a guarded route and without other guards; return the output."""
    return lab.play(
        "nginx_lb",
        peerlb_url_map=URL_MAP,
        peerlb_waf={"paranoia": 1, **waf},
        peerlb_gatekeeper={},
        peerlb_tls={"redirect": False},
    )


def _asked(requests: t.Iterable[Sent], prefix: str) -> str:
    """Return what the sender reads."""
    listed = [
        [
            *(each.method, prefix + each.target, {"Host": NAME, **each.all_headers()}),
            base64.b64encode(each.body).decode(),
        ]
        for each in requests
    ]
    return json.dumps({"host": ADDRESSES["lb1"], "port": 80, "requests": listed})


def send(requests: t.Iterable[Sent], prefix: str = "/guarded") -> list[int]:
    """Send requests from the client's network, and return the statuses."""
    return json.loads(
        run_in_network("client", sys.executable, SENDER, text=_asked(requests, prefix))
    )


def rules_logged(since: str) -> Counter[str]:
    """Return how many requests each rule matched, by the firewall's own log."""
    found: Counter[str] = Counter()
    for line in shell("lb1", f"docker logs --since {since} {CONTAINER} 2> /dev/null").splitlines():
        if line.startswith('{"transaction"'):
            messages = json.loads(line)["transaction"]["messages"]
            found.update({each["details"]["ruleId"] for each in messages})
    return found


def now() -> str:
    return shell("lb1", "date --utc +%Y-%m-%dT%H:%M:%S.%NZ").strip()


def started(name: str) -> str:
    return shell("lb1", f"docker inspect --format '{{{{.State.StartedAt}}}}' {name}").strip()


@pytest.fixture(scope="module", autouse=True)
def guarded(lab) -> t.Iterator[None]:
    """Guard a route, in front of a stand-in that answers 200 to everything."""
    lab.play("../molecule/operate/standin", standin=True)
    deploy(lab)
    yield
    lab.play("../molecule/operate/standin", standin=False)
    lab.play("nginx_lb")
    lab.wait_until_healthy()
    assert CONTAINER not in shell("lb1", "docker ps --all --format '{{.Names}}'").split()


def test_requests_that_look_hostile_are_refused() -> None:
    assert dict(zip([each.what for each in PROBES], send(PROBES))) == dict.fromkeys(
        [each.what for each in PROBES], 403
    )
    assert set(send(PROBES, "/plain")) == {200}


def test_ordinary_requests_pass() -> None:
    requests = ordinary()
    refused = [
        f"{status}: {each.what}" for each, status in zip(requests, send(requests)) if status != 200
    ]
    assert refused == []
    assert len(requests) >= 200


def test_status_tells_what_was_refused(lab, tmp_path) -> None:
    before = lab.status(tmp_path, since="1h")
    send(PROBES[:3])
    time.sleep(2)  # nginx writes its log once a second
    after = lab.status(tmp_path, since="1h")
    refused = [each["inspected"].get(ROUTE, {}).get("refused", 0) for each in (before, after)]
    assert refused[1] - refused[0] == 3
    assert after["waf"]["refused"] - before["waf"]["refused"] == 3
    assert after["waf"]["state"] == "running"
    assert "942100" in [each["rule"] for each in after["waf"]["rules"]]


def test_preview_refuses_nothing_and_logs_the_same_rules(lab) -> None:
    since = now()
    send(PROBES)
    enforced = rules_logged(since)
    container = started("peerlb-nginx")
    deploy(lab, preview=True)
    since = now()
    assert set(send(PROBES)) == {200}
    assert rules_logged(since) == enforced
    assert started("peerlb-nginx") == container, "nginx was started anew"
    deploy(lab)


def test_exclusion_lets_pass_what_was_refused_by_mistake(lab) -> None:
    mistaken = [query(each, q=each) for each in MISTAKEN]
    elsewhere = [query(each, name=each) for each in MISTAKEN]
    assert 403 in send(mistaken)
    deploy(lab, exclusions=EXCLUSIONS)
    assert set(send(mistaken)) == {200}
    assert 403 in send(elsewhere)
    assert send(PROBES[:1]) == [403]
    deploy(lab)


def test_second_run_changes_nothing(lab) -> None:
    assert re.search(r"^lb1 .*changed=0 ", deploy(lab), re.MULTILINE)


def test_killed_firewall_costs_no_get_and_comes_back() -> None:
    count = 3000
    requests = [query("a page", n=str(n)) for n in range(count)]
    sender = start(in_network("client", sys.executable, SENDER), stdin=PIPE, stdout=PIPE)
    assert sender.stdin
    sender.stdin.write(_asked(requests, "/guarded"))
    sender.stdin.close()
    time.sleep(2)
    first = started(CONTAINER)
    kill = f"kill -KILL $(docker inspect --format '{{{{.State.Pid}}}}' {CONTAINER})"
    shell("lb1", kill)
    assert sender.stdout
    assert Counter(json.loads(sender.stdout.read())) == {200: count}
    sender.wait(60)
    wait_for_another(first)


def wait_for_another(first: str) -> None:
    """Wait until the firewall was started again, and refuses probes."""
    end = time.monotonic() + 60
    while started(CONTAINER) == first or send(PROBES[:1]) != [403]:
        assert time.monotonic() < end, "the firewall does not come back"
        time.sleep(0.5)


def test_closed_firewall_that_is_gone_lets_nothing_pass(lab) -> None:
    deploy(lab, fail="closed")
    assert send(PROBES[:1]) == [403]
    first = started(CONTAINER)
    shell("lb1", f"docker stop {CONTAINER}")
    assert set(send([query("a page", q="x")] * 20)) == {502}
    assert send([query("a page", q="x")], "/plain") == [200]
    shell("lb1", f"docker start {CONTAINER}")
    wait_for_another(first)
    deploy(lab)
