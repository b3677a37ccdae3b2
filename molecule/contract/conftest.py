# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What breaks a hop of the lab and mends it, also when a test fails; and what is said of it."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t

import pytest
from support.lab import ADDRESSES, inside, on, play, run, said, within


def explain(way: str) -> dict[str, str]:
    """Return by way the sentence of the playbook."""
    told = said(play("explain", explain=way, explain_watch=5))
    found = re.findall(
        r"^ +- '?((\S+ -> \S+) \(\w+\) (?:works|fails at|can ?not).*?)'?$", told, re.M
    )
    return {name: sentence for sentence, name in found}


def blamed(sentence: str) -> str:
    """Return the hop that is to blame, or all that was said where none is."""
    match = re.search(r" fails at ([a-z ]+): ", sentence)
    return match[1] if match else sentence


def table_of(host: str) -> str:
    """Return the routing table that the fabric uses for what comes from a host."""
    (rule,) = json.loads(within("fabric", "ip", "-j", "rule", "show", "iif", host))
    return str(rule["table"])


@contextlib.contextmanager
def without_route(source: str, address: str, link: str) -> t.Iterator[None]:
    """Take the way from a host to an address out of the fabric, as where a peering is missing."""
    entry = (f"{address}/32", "dev", link, "scope", "link", "table", table_of(source))
    within("fabric", "ip", "route", "del", *entry)
    try:
        yield
    finally:
        within("fabric", "ip", "route", "replace", *entry)


@contextlib.contextmanager
def without_rule(comment: str) -> t.Iterator[None]:
    """Take a rule out of the fabric's firewall."""
    chain = ("chain", "inet", "peerlb", "flows")
    listed = within("fabric", "nft", "-a", "list", *chain)
    (line,) = [line.strip() for line in listed.splitlines() if f'"{comment}"' in line]
    rule, _hash, handle = line.rpartition(" # handle ")
    within("fabric", "nft", "delete", "rule", *chain[1:], "handle", handle)
    try:
        yield
    finally:
        within("fabric", "nft", "-f", "-", text=f"add rule inet peerlb flows {rule}\n")


@contextlib.contextmanager
def with_table(host: str, rules: str) -> t.Iterator[None]:
    """Give a host (or the fabric) a table of its own in nftables."""
    within(host, "nft", "-f", "-", text=f"table inet broken {{\n{rules}\n}}\n")
    try:
        yield
    finally:
        within(host, "nft", "delete", "table", "inet", "broken")


@contextlib.contextmanager
def started(host: str, start: str, stop: str) -> t.Iterator[None]:
    on(host, start)
    try:
        yield
    finally:
        on(host, stop)


@pytest.fixture(scope="module")
def no_mysql() -> t.Iterator[None]:
    """MySQL's container stopped, for all the tests that need it so."""
    on("db1", "docker stop peerlb-mysql")
    try:
        yield
    finally:
        on("db1", "docker start peerlb-mysql")
        wait_for_mysql()


def wait_for_mysql() -> None:
    ask = inside("client", "curl", "-sf", "-m", "5", f"http://{ADDRESSES['lb1']}/connection")
    for _attempt in range(60):
        if run(ask).returncode == 0:
            return
        time.sleep(0.5)
    pytest.fail("MySQL did not come back")
