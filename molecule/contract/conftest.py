# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Context managers that break one hop of the lab and repair it, and readers of explanations."""

from __future__ import annotations

import contextlib
import json
import re
import time
import typing as t

import pytest
from support.lab import (
    ADDRESSES,
    ansible,
    in_network,
    messages,
    play,
    run,
    run_in_network,
)


def explain(connection: str) -> dict[str, str]:
    """Return the playbook's sentence about each connection that it explains.

    Example: {"web1 -> lb1:3306": "web1 -> lb1:3306 (mysql) works", …}
    """
    lines = messages(play("explain", explain=connection, explain_watch=5))
    first = re.compile(r"(\S+ -> \S+) \(\w+\) (?:works|fails at|cannot)")
    return {match[1]: line for line in lines if (match := first.match(line))}


def blamed(sentence: str) -> str:
    """Return the hop at which the connection fails, or the whole sentence if none is named."""
    match = re.search(r" fails at ([a-z ]+): ", sentence)
    return match[1] if match else sentence


def table_of(host: str) -> str:
    """Return the number of the fabric's routing table for packets from a host."""
    (rule,) = json.loads(run_in_network("fabric", "ip", "-j", "rule", "show", "iif", host))
    return str(rule["table"])


@contextlib.contextmanager
def without_route(source: str, address: str, link: str) -> t.Iterator[None]:
    """Remove the fabric's route from a host to an address, as if a peering were missing."""
    entry = (f"{address}/32", "dev", link, "scope", "link", "table", table_of(source))
    run_in_network("fabric", "ip", "route", "del", *entry)
    try:
        yield
    finally:
        run_in_network("fabric", "ip", "route", "replace", *entry)


@contextlib.contextmanager
def without_rule(comment: str) -> t.Iterator[None]:
    """Delete the fabric's firewall rule with this comment."""
    chain = ("chain", "inet", "peerlb", "flows")
    listed = run_in_network("fabric", "nft", "-a", "list", *chain)
    (line,) = [line.strip() for line in listed.splitlines() if f'"{comment}"' in line]
    rule, _hash, handle = line.rpartition(" # handle ")
    run_in_network("fabric", "nft", "delete", "rule", *chain[1:], "handle", handle)
    try:
        yield
    finally:
        run_in_network("fabric", "nft", "-f", "-", text=f"add rule inet peerlb flows {rule}\n")


@contextlib.contextmanager
def with_table(host: str, rules: str) -> t.Iterator[None]:
    """Add a table with these rules to the nftables of a host or of the fabric."""
    run_in_network(host, "nft", "-f", "-", text=f"table inet broken {{\n{rules}\n}}\n")
    try:
        yield
    finally:
        run_in_network(host, "nft", "delete", "table", "inet", "broken")


@contextlib.contextmanager
def started(host: str, start: str, stop: str) -> t.Iterator[None]:
    """Run the command *start* on a host, and *stop* at the end of the block."""
    ansible(host, start)
    try:
        yield
    finally:
        ansible(host, stop)


@pytest.fixture(scope="module")
def no_mysql() -> t.Iterator[None]:
    """Stop MySQL's container until the last test of the module has ended."""
    ansible("db1", "docker stop peerlb-mysql")
    try:
        yield
    finally:
        ansible("db1", "docker start peerlb-mysql")
        wait_for_mysql()


def wait_for_mysql() -> None:
    """Wait until the application writes a row again."""
    ask = in_network("client", "curl", "-sf", "-m", "5", f"http://{ADDRESSES['lb1']}/connection")
    for _attempt in range(60):
        if run(ask).returncode == 0:
            return
        time.sleep(0.5)
    pytest.fail("MySQL does not answer again")
