# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.application import Application
from ansible_collections.peerlb.stack.plugins.plugin_utils._verification.verification import (
    problems,
    service_lines,
    unguarded,
    unjudged,
    verification,
)

END_TO_END = "the shares of the members, and whether the application reaches MySQL"


def verified(run) -> dict:
    return verification(run.topology, run.evidence(), "now")


def test_verification_without_problems(run) -> None:
    found = verified(run)
    assert (found["problems"], found["unjudged"]) == ([], [])
    count = sum(len(own["__verify_probes"]["results"]) for own in run.variables.values())
    assert found["summary"] == [f"{count} probes from 5 hosts are as declared"]
    assert len(found["table"]) == count + 2
    assert found["service"] == [
        "/connection: {}",
        '40 requests from client: {"web1": 20, "web2": 20}, median 2.5 ms',
        "release 3f9a1c52be07 is live",
    ]
    report = found["report"]
    assert report["summary"]["ok"] == count
    assert report["generated_at"] == "now"
    assert report["service"]["client"] == "client"
    assert report["service"]["release"] == "3f9a1c52be07"
    assert (report["problems"], report["unjudged"]) == ([], [])


def test_failed_probe_is_a_problem_with_its_explanation(run) -> None:
    result = run.variables["web1"]["__verify_probes"]["results"][0]
    result |= {"state": "timeout", "ok": False, "detail": "no answer"}
    run.variables["web1"]["__explanations"] = {result["name"]: {"lines": ["fails at rule"]}}
    found = verified(run)
    sentence = "web1 -> lb1:80 (http): expected open, found timeout (no answer)"
    assert found["problems"] == found["summary"] == [sentence]
    (failure,) = found["report"]["failures"]
    assert failure["explanation"] == ["fails at rule"]


def test_host_that_did_not_probe_is_a_problem(run) -> None:
    run.variables["web2"]["__verify_probes"] = {"unreachable": True, "msg": "timed out"}
    assert problems(run.evidence()) == ["web2 was not probed"]


def test_hosts_outside_of_the_limit_are_not_judged(run) -> None:
    run.play_hosts = ["web1"]
    found = verified(run)
    assert found["problems"] == []
    assert found["unjudged"] == [
        "not judged, as outside of --limit: the probes of lb1, web2, db1, client",
        f"not judged, as outside of --limit (client, lb1): {END_TO_END}",
    ]
    assert found["summary"][0].endswith("probes from 1 hosts are as declared")
    assert found["summary"][1:] == found["unjudged"]
    assert found["service"] == []
    assert found["report"]["service"] == {}


def test_service_is_judged_if_the_limit_has_client_and_load_balancer(run) -> None:
    run.play_hosts = ["lb1", "client"]
    run.variables["client"]["__verify_connection"] = {"statuses": {"503": 1}}
    assert problems(run.evidence()) == ["the application does not reach MySQL: status 503"]
    assert END_TO_END not in "".join(unjudged(run.evidence()))


def test_limit_without_a_host_of_the_stack_is_a_problem(run) -> None:
    run.play_hosts = ["backup1"]
    assert problems(run.evidence()) == ["no host of the stack is inside --limit"]


def test_skipped_request_about_mysql_is_not_judged(run) -> None:
    run.variables["client"]["__verify_connection"] = {"skipped": True}
    found = run.evidence()
    assert problems(found) == []
    assert unjudged(found) == [
        "not judged: whether the application reaches MySQL, as webapp_image is set and"
        " verify_path is not"
    ]
    assert service_lines(found)[0] == "/connection: not asked"


@pytest.mark.parametrize(
    ("tolerance", "expected"), [(10, []), (0, ["web1 answered 27 of 40, due 20"])]
)
def test_shares_may_differ_by_the_tolerance(run, tolerance, expected) -> None:
    run.variables["client"]["__verify_sample"]["served_by"] = {"web1": 27, "web2": 13}
    run.variables["client"]["verify_tolerance"] = tolerance
    assert problems(run.evidence())[:1] == expected


def test_members_may_have_other_names_in_their_answers(run) -> None:
    run.variables["client"]["__verify_sample"]["served_by"] = {"blue": 20, "green": 20}
    assert problems(run.evidence()) != []
    run.variables["web1"]["webapp_served_by"], run.variables["web2"]["webapp_served_by"] = (
        "blue",
        "green",
    )
    assert problems(run.evidence()) == []


@pytest.mark.parametrize(("status", "good"), [("302", True), ("404", True), ("502", False)])
def test_application_of_the_user_may_answer_as_it_likes(run, status, good) -> None:
    run.application = Application(own=True)
    answers = {"served_by": {"(unnamed)": 40}, "statuses": {status: 40}}
    run.variables["client"]["__verify_sample"] |= answers
    expected = [f"answers by status {{'{status}': 40}}, expected none from 500 on"]
    assert problems(run.evidence()) == ([] if good else expected)
    assert unjudged(run.evidence()) == [
        "not judged: the shares of the members, as no answer says in X-Served-By whose it is"
    ]
    run.application = Application()
    assert problems(run.evidence()) != []


@pytest.mark.parametrize("host", ["lb1", "client"])
def test_missing_sample_or_pool_is_a_problem(run, host) -> None:
    for name in ("__release_info", "__verify_sample"):
        run.variables[host].pop(name, None)
    assert problems(run.evidence()) == ["how the load balancer balances could not be measured"]
    assert unjudged(run.evidence()) == []


def test_load_balancer_without_a_release(run) -> None:
    run.variables["lb1"]["__release_info"]["serving"] = ""
    assert service_lines(run.evidence())[-1] == "release none is live"


def test_audit_of_the_same_run_is_in_the_report(run) -> None:
    run.variables["db1"]["__audit"] = {"findings": []}
    assert verified(run)["report"]["project"] == {"findings": []}


def closed(run, state: str, name: str = "web1 -> web2:3000", connected: bool = False) -> None:
    source = name.partition(" ")[0]
    target = {"name": name, "address": "10.1.0.3", "port": 3000, "protocol": "http"}
    outcome = {"state": state, "connected": connected, "latency_ms": 1.0, "detail": "", "ok": True}
    expect = {"expect": "open" if connected else "closed"}
    run.variables[source]["__verify_probes"]["results"].append({**target, **expect, **outcome})


def test_a_refusal_is_no_proof_of_a_rule(run) -> None:
    for own in run.variables.values():
        results = own["__verify_probes"]["results"]
        results[:] = [each for each in results if not each["name"].endswith(" -> web2:3000")]
    closed(run, "timeout")
    assert "nobody listens" not in str(verified(run)["summary"])
    closed(run, "refused")
    closed(run, "refused", "client -> web2:3000")
    closed(run, "wrong_status", "lb1 -> web1:3000", connected=True)
    said = "nothing keeps web1, client from web2:3000, only nobody listens"
    found = verified(run)
    assert said in found["summary"]
    assert said in found["report"]["unjudged"]
    assert found["problems"] == []


def test_a_refusal_where_others_are_let_in_is_a_rule(run) -> None:
    closed(run, "refused")
    closed(run, "open", "lb1 -> web2:3000", connected=True)
    assert "nobody listens" not in str(verified(run)["summary"])


REJECT = {"action": "reject", "rule": "table ip filter, chain INPUT: tcp dport 3000 reject"}
HEARS = {"address": "10.1.0.3", "hears": True}


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ({"firewall": {**REJECT, "doubts": []}}, None),
        ({"firewall": {"action": "accept", "rule": "", "doubts": []}}, "only nobody listens"),
        ({"firewall": {"action": "drop", "rule": "r", "doubts": []}}, "only nobody listens"),
        ({"firewall": None}, "only nobody listens"),
        ({"firewall": None, "sockets": [HEARS]}, None),
        ({"firewall": None, "sockets": [{**HEARS, "hears": False}]}, "only nobody listens"),
        (
            {"firewall": {"action": "accept", "rule": "", "doubts": ["a rule"]}},
            "unless one of these rules does: a rule; only nobody listens",
        ),
    ],
)
@pytest.mark.parametrize("task", ["__explain_seen", "__explain_path"])
def test_rules_of_the_host_tell_whether_nobody_listens(run, door, said, task) -> None:
    for own in run.variables.values():
        results = own["__verify_probes"]["results"]
        results[:] = [each for each in results if not each["name"].endswith(" -> web2:3000")]
    closed(run, "refused")
    plan = {"by_host": {"web1": {"door_names": []}, "web2": {"door_names": ["web1 -> web2:3000"]}}}
    for own in run.variables.values():
        own["__explain_plan"] = plan
    run.variables["web2"][task] = {"doors": [door]}
    wanted = [f"nothing keeps web1 from web2:3000, {said}"] if said else []
    assert unguarded(run.evidence()) == wanted


UNWELL = {"state": "bad", "since": "2026-01-01T10:00:00Z", "why": "answers 503", "flaps": False}


@pytest.mark.parametrize(
    ("served_by", "serves", "more"),
    [
        ({"web1": 40}, False, []),
        (
            {"web1": 20, "web2": 20},
            False,
            ["web1 answered 20 of 40, due 40", "web2 answered 20 of 40, due 0"],
        ),
        ({"web1": 20, "web2": 20}, True, []),
    ],
)
def test_bad_member_is_named_and_due_nothing(run, served_by, serves, more) -> None:
    run.variables["client"]["__verify_sample"]["served_by"] = served_by
    entry = {"engine": "dns", "why_reload": "", "panic": False, "asked_seconds_ago": {"http": 0.4}}
    members = {
        "web1": {**UNWELL, "state": "good", "serves": True},
        "web2": {**UNWELL, "serves": serves},
    }
    run.variables["lb1"]["__release_info"] |= {
        "unit": {"alive": True, "errors": [], "seconds_ago": 0.3},
        "listeners": [{"pool": "webapp", "protocol": "http"}],
        "health": {"webapp": {**entry, "members": members}},
    }
    bad = "lb1: pool webapp, member web2: bad since 2026-01-01T10:00:00Z (answers 503)"
    lines = ["lb1: pool webapp follows without a reload; nginx asked 0.4 s ago", bad]
    found = verified(run)
    assert found["problems"] == [bad, *more]
    assert found["service"][-2:] == found["report"]["service"]["health"] == lines


def test_dead_unit_is_a_problem_of_a_balancer_outside_of_the_sample_too(run) -> None:
    run.play_hosts = ["lb1"]
    run.variables["lb1"]["__release_info"]["unit"] = {
        "alive": False,
        "errors": [],
        "seconds_ago": 9,
    }
    (problem,) = problems(run.evidence())
    assert problem.startswith("lb1: peerlb-pools.service IS DEAD since 9 s: ")


def test_certificate_that_soon_ends_is_a_problem(run) -> None:
    entry = {"name": "shop", "names": ["shop.example"], "source": "given", "issuer": "CN=CA"}
    times = {"serial": "1", "ends": "2027-02-26T10:15:00Z", "days_left": 20.0}
    more = {"lifetime_days": 90.0, "used": True, "last_attempt": {}, "error": ""}
    run.variables["lb1"]["__release_info"]["certificates"] = [{**entry, **times, **more}]
    assert problems(run.evidence()) == []
    assert "lb1: certificate shop (given): shop.example" in "".join(service_lines(run.evidence()))
    run.variables["lb1"]["verify_certificate_days"] = 21
    (problem,) = problems(run.evidence())
    assert problem.startswith("lb1: certificate shop ends at 2027-02-26T10:15:00Z: 20.0 days are")


def test_report_shows_the_routes_that_are_declared(run) -> None:
    assert verified(run)["report"]["edge"] == []
    run.variables["lb1"]["peerlb_url_map"] = {"hosts": [{"default": "webapp"}]}
    (edge,) = verified(run)["report"]["edge"]
    assert [(route["path"], route["pools"]) for route in edge["routes"]] == [
        ("(default)", [{"name": "webapp", "weight": 1}])
    ]
