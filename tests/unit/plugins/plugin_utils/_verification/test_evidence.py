# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK
from ansible_collections.peerlb.stack.plugins.plugin_utils._verification.evidence import (
    Evidence,
    client_of,
)


def test_hosts_are_divided_by_the_limit(run) -> None:
    run.play_hosts = ["web1", "backup1"]
    found = run.evidence()
    assert found.in_run == ("web1",)
    assert found.left_out == ("lb1", "web2", "db1", "client")
    assert found.missing_ends == ["client", "lb1"]
    assert list(found.probes) == ["web1"]


def test_controller_is_the_client_if_there_is_none(run) -> None:
    del run.stack.groups["clients"]
    found = run.evidence()
    assert client_of({}) == found.client == "localhost"
    assert found.in_run[-1] == "localhost"
    run.play_hosts.remove("localhost")
    assert run.evidence().missing_ends == ["localhost"]


@pytest.mark.parametrize(
    ("connection", "answer"),
    [
        ({"body": " pong \n now ", "statuses": {"503": 1}}, "pong now"),
        ({"body": "word " * 99, "statuses": {}}, "word " * 30 + "word..."),
        ({"body": "{" + "x" * 200, "statuses": {}}, "{" + "x" * 156 + "..."),
        ({"body": "x" * 160, "statuses": {}}, "x" * 160),
        ({"body": "", "statuses": {"503": 1}, "errors": ["late"]}, "status 503"),
        ({"body": None, "statuses": {}, "errors": ["refused", "again"]}, "refused"),
        ({}, "no answer"),
    ],
)
def test_answer_of_the_application_about_mysql(run, connection, answer) -> None:
    run.variables["client"]["__verify_connection"] = connection
    assert run.evidence().connection_answer == answer
    assert not run.evidence().connection_works


def test_settings_are_those_of_the_client(run) -> None:
    found = run.evidence()
    assert (found.path, found.tolerance) == ("/connection", 10)
    run.variables["client"] |= {"verify_path": "/mysql", "verify_tolerance": "0"}
    run.variables["lb1"] |= {"verify_path": "/other", "verify_tolerance": 3}
    run.variables["web1"]["webapp_served_by"] = "blue"
    found = run.evidence()
    assert (found.path, found.tolerance) == ("/mysql", 0)
    assert {name: text for name, text in found.served_by.items() if text} == {"web1": "blue"}


def test_evidence_of_a_run_without_results_is_empty() -> None:
    groups = {"nginx_lb": ["lb1"], "webapp": ["web1"], "mysql": ["db1"]}
    found = Evidence.of(STACK, groups, ["lb1", "web1", "db1", "localhost"], {})
    assert (found.probes, found.sample, found.connection, found.pool) == ({}, {}, {}, {})
    assert (found.release, found.explanations, found.project) == ("", {}, {})


def test_facts_of_a_play_are_read_from_any_of_its_hosts(run) -> None:
    lines = {"name": "web1 -> lb1:80", "lines": ["a", "b"]}
    run.variables["db1"]["__explanations"] = {"web1 -> lb1:80": lines}
    run.variables["db1"]["__audit"] = {"findings": []}
    assert run.evidence().explanations == {"web1 -> lb1:80": ["a", "b"]}
    assert run.evidence().project == {"findings": []}


def test_requests_are_what_was_read_and_what_is_declared(run) -> None:
    # The inventory declares it for all hosts, and Ansible skips the task on the others.
    for host in run.variables:
        run.variables[host] |= {"peerlb_url_map": {"hosts": [{"default": "webapp"}]}}
        run.variables[host].setdefault("__release_info", {"skipped": True, "changed": False})
    info = run.variables["lb1"]["__release_info"]
    declared = {"url_map": {"hosts": [{"default": "webapp"}]}, "gatekeeper": None}
    assert run.evidence().requests == {"lb1": {"info": info, **declared}}
