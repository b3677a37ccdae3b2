# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates, routes, bans and weights change again and again, and nobody loses a request."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from support.certificates import Authority
from support.edge import CA, NAME, OVERLAY
from support.lab import start_play

CHANGES = {"certificates": 20, "routes": 20, "bans": 40, "weights": 50}
RATE = 125  # requests a second of each of two loads
REQUESTS = 30_000  # of both, at least
LONGEST = 300  # seconds


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> t.Iterator[dict[str, str]]:
    """Return the file of two certificates, and that of all CAs that a client then trusts."""
    place = tmp_path_factory.mktemp("pairs")
    authority = Authority()
    made = [authority.issue(NAME, "www.shop.example", "localhost", ends=30) for _each in "12"]
    declared = [
        {"name": "shop", "names": [NAME], "source": "given", "certificate": each.chain,
         "key": each.key, "ca": authority.pem}
        for each in made
    ]  # fmt: skip
    (place / "pairs.json").write_text(json.dumps({"pairs": declared}))
    (place / "pairs.json").chmod(0o600)
    (place / "ca.pem").write_text(CA.read_text() + authority.pem)
    return {"pairs": f"@{place / 'pairs.json'}", "ca": str(place / "ca.pem")}


@pytest.fixture
def as_declared(lab) -> t.Iterator[None]:
    """Let the inventory's certificate, routes and weights count again."""
    yield
    lab.play("nginx_lb")
    lab.play("set_weights", weights="inventory", pool="webapp")


def test_changes_under_load_lose_nothing(lab, pairs, as_declared, figures) -> None:
    lab.wait_until_healthy()
    options = {"rate": RATE, "connections": 16, "seconds": LONGEST, "ca": pairs["ca"]}
    loads = {
        "HTTP/1.1": lab.start_load("/status/200", method="POST", **options),
        "HTTP/2": lab.start_load("/status/200", "--http2", **options),
    }
    loads["HTTP/2"].wait(1)
    began = time.monotonic()
    # Each waits for the other's lock on the balancer, as the playbooks of two operators do.
    changing = {
        kind: start_play(
            "../molecule/edge/changes", *OVERLAY, "-e", pairs["pairs"], kind=kind, count=count
        )
        for kind, count in CHANGES.items()
    }
    took = {}
    texts = {}
    for kind, process in changing.items():
        texts[kind], _rest = process.communicate(timeout=LONGEST)
        took[kind] = round(time.monotonic() - began)
    time.sleep(max(0, began + REQUESTS / RATE / 2 + 1 - time.monotonic()))
    found = {version: load.stop() for version, load in loads.items()}
    sent = sum(each["sent"] for each in found.values())
    for version, each in found.items():
        figures[f"{CHANGES} under {version}"] = (
            f"{each['failed']} of {each['sent']} requests failed {each['lost'] or ''}"
            f" {each['statuses']}; sent again {each['sent_again']},"
            f" connections {each['connections']}, p99 {each['p99_ms']} ms; {took} s"
        )
    for kind, process in changing.items():
        assert process.returncode == 0, texts[kind][-3000:]
        lines = texts[kind].count("changed: [lb1]")
        assert lines >= CHANGES[kind], (kind, lines)
    for each in found.values():
        assert (each["failed"], set(each["statuses"])) == (0, {"200"})
    assert sent >= REQUESTS
