# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request import steps_of_rules as steps
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import Verdict

URL, CLIENT = "https://shop.example/cart", "203.0.113.7"
BAN = {
    "range": "203.0.113.0/24",
    "until": 1767225600.0,
    "by": "ada",
    "reason": "scans",
    "source": "operator",
}


@pytest.mark.parametrize(
    ("url", "ends"),
    [
        ("http://shop.example/.well-known/acme-challenge/x", True),
        ("https://shop.example/.well-known/acme-challenge/x", False),
        ("http://shop.example/", False),
    ],
)
def test_challenge(case, url, ends) -> None:
    assert bool(steps.challenge(case(url))) is ends


@pytest.mark.parametrize(
    ("bans", "client", "wanted"),
    [
        ((), "", []),
        ((), CLIENT, [("ok", f"{CLIENT} is in none of 0 bans", "")]),
        (
            (BAN,),
            CLIENT,
            [
                (
                    "FAIL",
                    "203.0.113.0/24 is banned until 2026-01-01T00:00:00Z, set by ada,"
                    " because: scans",
                    f"is refused, as {CLIENT} is banned (403)",
                )
            ],
        ),
        (
            ({"range": CLIENT, "until": None, "source": "list /x"},),
            CLIENT,
            [
                (
                    "FAIL",
                    f"{CLIENT} is banned until somebody lifts it, set by list /x",
                    f"is refused, as {CLIENT} is banned (403)",
                )
            ],
        ),
    ],
)
def test_ban(case, told, bans, client, wanted) -> None:
    assert told(steps.ban(case(URL, client, bans=bans))) == wanted


@pytest.mark.parametrize(
    ("client", "evidence"),
    [("", f"bans: 7; {steps.NO_CLIENT}"), (CLIENT, f"{CLIENT} is in none of 7 bans")],
)
def test_number_of_bans_is_told(case, client, evidence) -> None:
    (step,) = steps.ban(case(URL, client, banned=7))
    assert (step.evidence, step.outcome) == (evidence, "")


CLOSED = {"at": "10:00", "by": "ada", "retry_after": 300, "reason": "a move"}
SINCE = "all that is served is in maintenance since 10:00, set by ada, because: a move"


@pytest.mark.parametrize(
    ("entry", "client", "wanted"),
    [
        (CLOSED, "", ("FAIL", SINCE, "gets the notice (503, Retry-After: 300)")),
        (
            {**CLOSED, "allow": [CLIENT]},
            CLIENT,
            ("ok", f"{SINCE}, but not for {CLIENT}", ""),
        ),
        (
            {**CLOSED, "allow": ["10.0.0.0/8"]},
            CLIENT,
            ("FAIL", SINCE, "gets the notice (503, Retry-After: 300)"),
        ),
        (
            {**CLOSED, "allow": [CLIENT]},
            "",
            ("ok", f"{SINCE}, but not for {CLIENT}: {steps.NO_CLIENT}", ""),
        ),
    ],
)
def test_maintenance(case, told, entry, client, wanted) -> None:
    assert told(steps.maintenance(case(URL, client, maintenance={"all": entry}))) == [wanted]
    assert steps.maintenance(case(URL, client, maintenance={"webapp": entry})) == []


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [
        (Verdict("default"), ("ok", "rule default: allow", "")),
        (
            Verdict("geo", would="deny"),
            ("ok", "rule geo: allow; in preview it would be deny", ""),
        ),
        (
            Verdict("geo", "deny", told="status 403"),
            (
                "FAIL",
                "rule geo: deny (status 403)",
                "is refused by the rule geo of the gatekeeper",
            ),
        ),
        (
            Verdict("old", "redirect", told="/new"),
            (
                "FAIL",
                "rule old: redirect (/new)",
                "is redirected by the rule old of the gatekeeper",
            ),
        ),
        (
            Verdict("login", "throttle", told="5 r/s"),
            ("ok", "rule login: throttle (5 r/s): refused only beyond its rate", ""),
        ),
    ],
)
def test_guard(case, told, verdict, wanted) -> None:
    asked = []

    def guard(question) -> Verdict:
        asked.append(question.client)
        return verdict

    assert told(steps.guard(case(URL, CLIENT, guard=guard))) == [wanted]
    assert asked == [CLIENT]


def test_guard_without_a_client_says_what_is_not_judged(case) -> None:
    def guard(_question) -> Verdict:
        return Verdict("default")

    (step,) = steps.guard(case(URL, guard=guard))
    assert step.evidence == f"rule default: allow; ranges are {steps.NO_CLIENT}"
    assert steps.guard(case(URL)) == []


@pytest.mark.parametrize(
    ("url", "settings", "outcome"),
    [
        (
            "http://shop.example/a?b",
            {"redirects": True},
            ["is redirected to https://shop.example/a?b (308)"],
        ),
        ("http://shop.example/a?b", {"redirects": False}, []),
        (URL, {"redirects": True}, []),
        ("http://shop.example/", {"redirects": True, "listeners": ()}, []),
    ],
)
def test_https(case, url, settings, outcome) -> None:
    assert [each.outcome for each in steps.https(case(url, **settings))] == outcome


def test_https_on_another_port_is_named(case) -> None:
    listeners = (
        {"port": 80, "protocol": "http", "pool": "a"},
        {"port": 8443, "protocol": "http", "pool": "a", "tls": True},
    )
    (step,) = steps.https(case("http://shop.example/", redirects=True, listeners=listeners))
    assert step.outcome == "is redirected to https://shop.example:8443/ (308)"


@pytest.mark.parametrize(
    ("settings", "redirected"),
    [
        ({"names_of_map": ("shop.example",)}, True),
        ({"names_of_map": ("a.example",)}, False),
        ({"names_of_map": ("*.example",), "server_names": ("shop.example",)}, False),
        ({"server_names": ("a.example",)}, False),
        ({"server_names": ("b.example",)}, True),
    ],
)
def test_name_without_a_certificate_is_served_by_http(case, settings, redirected) -> None:
    name = "shop.example" if "shop.example" in settings.get("names_of_map", ()) else "a.example"
    (step,) = steps.https(case(f"http://{name}/", redirects=True, **settings))
    assert bool(step.outcome) is redirected
