# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gatekeeper, bans and maintenance as clients meet them, and a unit that is killed or hangs."""

from __future__ import annotations

import contextlib
import time
import typing as t

import pytest
from support.edge import NAME, OVERLAY
from support.lab import ADDRESSES, fabric_rule, run_in_network, shell, start_play

CLIENT = "203.0.113.10"
SECOND = "203.0.113.20"  # another address of the client's host
BY_SECOND = ("--interface", SECOND)
PAGES = {"/": "200", "/old/a": "301", "/gone": "410", "/status/404": "404"}
BAN_LIST = "/var/lib/peerlb/bans.d/crowdsec.txt"
GUEST = ("-H", "X-Guest: 1")


@pytest.fixture(scope="module", autouse=True)
def second_client() -> t.Iterator[None]:
    """Give the client's host another address, to which the balancer's network knows the way."""
    link = run_in_network("client", "ip", "-o", "-4", "addr", "show", "to", CLIENT).split()[1]
    rules = run_in_network("fabric", "ip", "rule").splitlines()
    tables = [line.split()[-1] for line in rules if "iif lb1 " in line]
    table = tables[0]
    back = (f"{SECOND}/32", "dev", "client", "table", table)
    way = f"inet peerlb forward ip saddr {SECOND} ip daddr {ADDRESSES['lb1']} accept"
    run_in_network("client", "ip", "addr", "add", f"{SECOND}/32", "dev", link)
    run_in_network("fabric", "ip", "route", "add", *back)
    try:
        with fabric_rule(way):
            yield
    finally:
        run_in_network("fabric", "ip", "route", "del", *back)
        run_in_network("client", "ip", "addr", "del", f"{SECOND}/32", "dev", link)


def until(lab, wanted: str, seconds: float, *options: str, path: str = "/") -> float:
    """Ask until the status is the wanted one, and return how many seconds that took."""
    began = time.monotonic()
    while (found := lab.code(f"https://{NAME}{path}", *options)) != wanted:
        assert time.monotonic() - began < seconds, f"{found} and not {wanted}"
        time.sleep(0.05)
    return time.monotonic() - began


def effect(lab, name: str, wanted: str, *options: str, **variables: t.Any) -> float:
    """Run a playbook; return the seconds from its start to the status that is wanted."""
    process = start_play(name, *OVERLAY, **variables)
    try:
        return until(lab, wanted, 30, *options)
    finally:
        text, _rest = process.communicate()
        assert process.returncode == 0, text


def test_denied_client_is_denied_in_every_kind_of_answer(lab) -> None:
    for path, usual in PAGES.items():
        url = f"https://{NAME}{path}"
        assert (lab.code(url), lab.code(url, *GUEST)) == (usual, "403")
    assert lab.code(f"http://{NAME}/") == "308"
    assert lab.code(f"http://{NAME}/", *GUEST) == "403"
    assert lab.code(f"https://{NAME}/admin/users") == "403"
    assert lab.code(f"https://{NAME}/administrator") == "404"


def test_explanation_names_the_rule_that_denies(lab) -> None:
    told = lab.play("explain", url=f"https://{NAME}/admin/users")
    assert "admin" in told
    assert "403" in told


def test_preview_changes_no_status_and_counts_what_the_client_sent(lab, tmp_path) -> None:
    def counted() -> int:
        time.sleep(1)
        rules = lab.status(tmp_path)["rules"]
        return sum(rules.get("no-agent", {}).get("would", {}).values())

    before = counted()
    codes = {lab.code(f"https://{NAME}/", "-H", "User-Agent:") for _each in range(25)}
    assert codes == {"200"}
    assert counted() - before == 25


def test_block_and_unblock_take_effect(lab, figures) -> None:
    assert lab.code(f"https://{NAME}/", *BY_SECOND) == "200"
    blocked = effect(lab, "block", "403", *BY_SECOND, client=SECOND, reason="a test")
    assert {lab.code(f"https://{NAME}{path}", *BY_SECOND) for path in PAGES} == {"403"}
    assert lab.code(f"https://{NAME}/") == "200"
    assert SECOND in lab.play("lb_status")
    told = lab.play("explain", url=f"https://{NAME}/", client=SECOND)
    assert "a test" in told
    lifted = effect(lab, "unblock", "200", *BY_SECOND, client=SECOND)
    figures["block"] = f"{blocked:.1f} s from typed to effect, unblock {lifted:.1f} s"


def test_maintenance_is_on_but_for_operators_and_off(lab, figures) -> None:
    on = effect(lab, "maintenance", "503", pool="webapp", state="on", retry_after=600, allow=SECOND)
    head = lab.curl("-D-", "-o/dev/null").lower()
    assert "retry-after: 600" in head
    assert lab.code(f"https://{NAME}/", *BY_SECOND) == "200"
    assert lab.code(f"https://{NAME}/gone") == "410"
    off = effect(lab, "maintenance", "200", pool="webapp", state="off")
    figures["maintenance"] = f"on {on:.1f} s, off {off:.1f} s from typed to effect"


def test_list_that_another_program_writes_is_taken(lab, figures) -> None:
    write = f"cat > {BAN_LIST}.new && mv {BAN_LIST}.new {BAN_LIST}"
    shell("lb1", f"mkdir -p $(dirname {BAN_LIST}); {write}", f"{SECOND} 3600 crowdsec\n")
    taken = until(lab, "403", 10, *BY_SECOND)
    shell("lb1", f"rm {BAN_LIST}")
    lifted = until(lab, "200", 10, *BY_SECOND)
    figures["list of another program"] = f"taken in {taken:.1f} s, lifted in {lifted:.1f} s"


def test_client_beyond_the_rate_is_banned(lab, figures) -> None:
    path = f"https://{NAME}/login"
    codes = [lab.code(path, *BY_SECOND) for _each in range(12)]
    assert "429" in codes, codes
    banned = until(lab, "403", 10, *BY_SECOND)
    assert lab.code(f"https://{NAME}/") == "200"
    lab.play("unblock", client=SECOND)
    until(lab, "200", 5, *BY_SECOND)
    figures["ban after a rate"] = f"{banned:.1f} s after the last of {codes}"


@contextlib.contextmanager
def frozen() -> t.Iterator[None]:
    """Stop the process of the unit for a while."""
    shell("lb1", "systemctl kill --signal STOP peerlb-guard")
    try:
        yield
    finally:
        shell("lb1", "systemctl kill --signal CONT peerlb-guard")


def test_bans_stay_while_the_unit_is_killed_frozen_or_restarted(lab) -> None:
    lab.play("block", client=SECOND)
    until(lab, "403", 5, *BY_SECOND)
    pid = "systemctl show --value --property MainPID peerlb-guard"
    before = shell("lb1", pid)
    shell("lb1", "systemctl kill --signal KILL peerlb-guard")
    assert {lab.code(f"https://{NAME}/", *BY_SECOND) for _each in range(20)} == {"403"}
    with frozen():
        assert {lab.code(f"https://{NAME}/", *BY_SECOND) for _each in range(20)} == {"403"}
    shell("lb1", "systemctl restart peerlb-guard")
    assert shell("lb1", "systemctl is-active peerlb-guard").strip() == "active"
    assert shell("lb1", pid) != before
    assert lab.code(f"https://{NAME}/", *BY_SECOND) == "403"
    lab.play("unblock", client=SECOND)
    until(lab, "200", 5, *BY_SECOND)
