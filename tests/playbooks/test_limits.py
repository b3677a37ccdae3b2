# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit takes hosts away from what is judged, and never the judge."""

from __future__ import annotations

import sys

import pytest
from support.fleet.fleet import Fleet

FAR = "the shares of the members, and whether the application reaches MySQL"


def outside(*names: str) -> str:
    return f"not judged, as outside of --limit: the probes of {', '.join(names)}"


def test_all_is_judged_without_a_limit(stack) -> None:
    done = stack.play("verify")
    assert done.returncode == 0, done.stdout
    assert '"16 probes from 5 hosts are as declared"' in done.stdout
    assert stack.report()["unjudged"] == []
    assert stack.report()["service"]["served_by"] == {"web1": 20, "web2": 20}


def test_what_is_inside_is_judged_by_the_controller(stack) -> None:
    interpreter, used = stack.path / "python", stack.path / "used"
    interpreter.write_text(f'#!/bin/sh\necho >>{used}\nexec {sys.executable} "$@"\n')
    interpreter.chmod(0o755)
    stack.groups["webapp"]["web1"]["ansible_python_interpreter"] = str(interpreter)
    done = stack.play("verify", "--limit", "web1")
    assert done.returncode == 0, done.stdout
    assert "3 probes from 1 hosts are as declared" in done.stdout
    assert outside("lb1", "web2", "db1", "client") in done.stdout
    assert f"not judged, as outside of --limit (client, lb1): {FAR}" in done.stdout
    assert stack.report()["summary"]["ok"] == 3
    assert len(stack.report()["unjudged"]) == 2
    assert used.read_text() == "\n"  # its own probes; the report was not written by it


def test_what_fails_inside_is_found_and_explained(stack) -> None:
    flow = {"from": "any", "to": "mysql", "port": 3307, "protocol": "tcp"}
    stack.variables["topology"]["flows"].append(flow)
    done = stack.play("verify", "--limit", "web1")
    assert done.returncode == 2, done.stdout
    assert "web1 -> db1:3307 (tcp): expected open, found refused" in done.stdout
    assert "web1 -> db1:3307 (tcp) fails at tcp: refused" in done.stdout
    assert "not asked, as outside of --limit: db1" in done.stdout
    assert [each["name"] for each in stack.report()["failures"]] == ["web1 -> db1:3307"]
    assert stack.report()["failures"][0]["explanation"]


def test_service_is_judged_with_both_its_ends(stack) -> None:
    stack.connection, stack.served_by = 503, ["web1"]
    done = stack.play("verify", "--limit", "lb1,client")
    assert done.returncode == 2, done.stdout
    assert "the application does not reach MySQL" in done.stdout
    assert "web2 answered 0 of 40, due 20" in done.stdout
    assert outside("web1", "web2", "db1") in done.stdout
    assert FAR not in done.stdout


@pytest.mark.parametrize(
    ("limit", "code"), [((), 4), (("--limit", "webapp"), 4), (("--limit", "!web2"), 0)]
)
def test_unreachable_host_counts_where_it_is_inside(stack, limit, code) -> None:
    stack.groups["webapp"]["web2"] |= {"ansible_connection": "ssh", "ansible_port": 1}
    done = stack.play("verify", *limit)
    assert done.returncode == code, done.stdout
    assert ('"web2 was not probed"' in done.stdout) == bool(code)
    assert (outside("web2") in done.stdout) == (not code)


def test_limit_without_a_host_of_the_stack_is_refused(stack) -> None:
    stack.groups["others"] = {"backup1": {}}
    done = stack.play("verify", "--limit", "backup1")
    assert done.returncode == 2, done.stdout
    assert "no host of the stack is inside --limit" in done.stdout


@pytest.mark.parametrize(("limit", "hosts"), [((), 5), (("--limit", "lb1,localhost"), 2)])
def test_controller_is_a_host_like_others(stack, limit, hosts) -> None:
    """It stands for the client where the inventory has none."""
    del stack.groups["clients"]
    done = stack.play("verify", *limit)
    assert done.returncode == 0, done.stdout
    assert f"probes from {hosts} hosts are as declared" in done.stdout
    assert FAR not in done.stdout


def test_explanation_asks_who_is_inside(stack) -> None:
    way = "explain='web1 -> db1:3306'"
    done = stack.play("explain", "-e", way, "-e", "explain_watch=1", "--limit", "web1")
    assert done.returncode == 0, done.stdout
    assert "web1 -> db1:3306 (tcp) works" in done.stdout
    assert "not asked, as outside of --limit: db1" in done.stdout


FOR_BALANCERS = {
    "set_weights": ("weights=web1=2",),
    "drain": ("member=web2",),
    "undrain": ("member=web2",),
    "rollback": (),
    "lb_status": (),
    "nginx_lb": (),
}


@pytest.mark.parametrize(
    ("playbook", "given", "limit", "group"),
    [
        *((name, given, "web1", "nginx_lb") for name, given in FOR_BALANCERS.items()),
        ("webapp", (), "lb1", "webapp"),
        ("mysql", (), "web1,localhost", "mysql"),
        ("rollback", ("service=webapp",), "lb1", "webapp"),
        ("status", (), "client", "nginx_lb, webapp, mysql"),
        ("firewall", (), "client", "nginx_lb, webapp, mysql"),
    ],
)
def test_limit_under_which_nothing_would_be_done_is_refused(
    stack, playbook, given, limit, group
) -> None:
    words = [word for each in given for word in ("-e", each)]
    done = stack.play(playbook, "--limit", limit, *words)
    assert done.returncode == 2, done.stdout
    assert f"no host of {group} is inside --limit {limit}: nothing would be done" in done.stdout


def test_site_under_a_limit_without_a_host_of_the_stack_is_refused(tmp_path) -> None:
    fleet = Fleet(tmp_path, hosts=4).build()
    code, said = fleet.play("site", "--limit", "client")
    assert code == 2, said
    assert "no host of nginx_lb, webapp, mysql is inside --limit client" in " ".join(said.split())
    code, said = fleet.play("site", "--limit", "web1")
    assert code == 0, said


@pytest.mark.parametrize("name", ["site", "set_weights", "lb_status"])
def test_tag_that_selects_nothing_is_refused(stack, name) -> None:
    done = stack.play(name, "--tags", "nginx", "-e", "weights=web1=2")
    assert done.returncode == 2, done.stdout
    assert "no task has the tag nginx: nothing would be done" in done.stdout
