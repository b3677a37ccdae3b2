# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""gcp_network_info with the fake's API, which answers as published, or with a fault."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api import session as session_module
from google.auth.compute_engine import _metadata
from support.gcp_fake.api import error
from support.gcp_fake.example import REGION, example
from support.gcp_fake.identity import READER, new_key
from support.gcp_fake.server import Fake

EXAMPLE = Path(__file__).parent / "example_project.json"


@pytest.fixture(autouse=True)
def hurried(monkeypatch) -> None:
    """Make the pauses between attempts short; test_session tests their length."""
    monkeypatch.setattr(session_module.random, "uniform", lambda *_: 0.001)


def test_example_is_read_in_nine_requests(info, fake) -> None:
    found = info()["project"]
    assert found == json.loads(EXAMPLE.read_text())
    assert found["calls"] == len(fake.requests) == 9
    assert found["incomplete"] == []


def test_metadata_of_instances_is_not_requested(info) -> None:
    assert "hidden-in-metadata" not in json.dumps(info())


def test_pages_are_joined(info, fake) -> None:
    whole = info()["project"]
    fake.api.page_limit = 1
    paged = info()["project"]
    assert paged["calls"] > 3 * whole["calls"]
    assert {**paged, "calls": 0} == {**whole, "calls": 0}


def test_number_of_requests_grows_with_pages_not_with_instances(tmp_path, info, fake) -> None:
    fake.api.cloud = example(webs=998)
    found = info()["project"]
    assert len(found["instances"]) == 1000
    assert found["calls"] == 10


@pytest.mark.parametrize("check_mode", [False, True])
def test_module_only_sends_get_requests(info, fake, check_mode) -> None:
    assert info(_ansible_check_mode=check_mode)["changed"] is False
    assert {request.verb for request in fake.requests} == {"GET"}


def test_zone_that_is_down_is_a_gap_and_the_rest_is_read(info, fake) -> None:
    fake.api.unreachable = {f"zones/{REGION}-a", f"regions/{REGION}"}
    found = info()["project"]
    assert [each["name"] for each in found["instances"]] == ["web2", "lb1"]
    assert [(gap["what"], gap["where"]) for gap in found["incomplete"]] == [
        ("subnetworks", f"regions/{REGION}"),
        ("routers", f"regions/{REGION}"),
        ("instances", f"zones/{REGION}-a"),
    ]


def test_forbidden_parts_are_gaps_with_the_apis_reason(info, fake) -> None:
    fake.api.forbidden = {"regionNetworkFirewallPolicies.getEffectiveFirewalls", "routers.list"}
    gaps = info()["project"]["incomplete"]
    assert [gap["where"] for gap in gaps] == [
        f"regions/{REGION}/networks/{name}" for name in ("vpc-db", "vpc-nginx-lb", "vpc-webapp")
    ]
    assert "403 forbidden: Required 'compute.regionNetworkFirewallPolicies" in gaps[0]["why"]


def test_missing_project_is_an_error_with_the_apis_reason(info) -> None:
    failed = info(project="shop-43")
    assert failed["failed"]
    assert failed["msg"] == (
        "projects/shop-43/global/networks: 404 notFound:"
        " The resource 'projects/shop-43' was not found"
    )


def test_forbidden_project_is_an_error(info, fake) -> None:
    fake.api.forbidden = {"networks.list"}
    assert "403 forbidden: Required 'compute.networks.list' permission" in info()["msg"]


@pytest.mark.parametrize(
    "fault",
    [
        *({"answer": error(status, "later")} for status in (429, 500, 502, 503, 504)),
        {"answer": error(403, "slower", "rateLimitExceeded")},
        {"answer": error(429, "later"), "headers": {"Retry-After": "1"}},
        {"hang_up": True},
    ],
)
def test_temporary_failure_is_no_error(info, fake, fault) -> None:
    fake.fail("routes|getEffectiveFirewalls", times=2, **fault)
    found = info()["project"]
    assert (found["incomplete"], found["calls"]) == ([], 11)


def test_lasting_failure_is_an_error(info, fake) -> None:
    fake.fail("routes", times=99, answer=error(503, "The service is currently unavailable."))
    failed = info()
    assert failed["msg"] == (
        "projects/shop-42/global/routes: 503 backendError: The service is currently unavailable."
        " (tried 5 times)"
    )


def test_retry_after_is_honoured(info, fake) -> None:
    fake.fail("networks", answer=error(429, "slower"), headers={"Retry-After": "1"})
    begun = time.monotonic()
    info()
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize(
    "fault", [{"trickle": True}, {"silence": 60}, {"answer": error(503, "x"), "times": 99}]
)
def test_module_ends_at_its_timeout(info, fake, fault, monkeypatch) -> None:
    monkeypatch.setattr(session_module.random, "uniform", lambda *_: 1)
    fake.fail("instances", **fault)
    failed = info(timeout=1.5)
    assert failed["failed"]
    assert "within 1.5 s" in failed["msg"] or "tried" in failed["msg"]


def test_error_quotes_the_page_of_a_proxy(info, fake) -> None:
    fake.fail("networks", answer=(407, {}), text="<html><b>Who are you?</b></html>")
    assert "407 Proxy Authentication Required: Who are you?" in info()["msg"]


def test_redirects_are_not_followed(info, fake) -> None:
    fake.fail("networks", answer=(302, {}), headers={"Location": "http://example.com/"})
    assert "302 Found" in info()["msg"]


def test_error_about_invalid_token_does_not_quote_it(info) -> None:
    failed = info(auth_kind="accesstoken", access_token="ya29.hunter2")
    assert "the credentials were refused" in failed["msg"]
    assert "hunter2" not in json.dumps(failed)


def test_token_without_the_scope_is_an_error(info, fake) -> None:
    other = fake.identity.issue(["https://www.googleapis.com/auth/devstorage.read_only"])
    failed = info(auth_kind="accesstoken", access_token=other["access_token"])
    assert "403 insufficientPermissions" in failed["msg"]


def test_service_account_gets_a_token_for_its_signature(info, fake, tmp_path) -> None:
    (tmp_path / "key.json").write_text(fake.identity.key_file(f"{fake.url}/token"))
    found = info(auth_kind="serviceaccount", service_account_file=str(tmp_path / "key.json"))
    assert len(found["project"]["instances"]) == 4
    assert len(fake.identity.assertions) == 1
    assert "assertion" not in json.dumps([request.query for request in fake.requests])


def test_key_of_another_account_is_refused(info, fake) -> None:
    contents = fake.identity.key_file(f"{fake.url}/token", key=new_key())
    failed = info(auth_kind="serviceaccount", service_account_contents=contents)
    assert failed["msg"] == ("the credentials were refused: invalid_grant: Invalid JWT Signature.")


def test_token_endpoint_that_is_down_is_an_error(info, fake) -> None:
    contents = fake.identity.key_file("http://127.0.0.1:9/token")
    failed = info(auth_kind="serviceaccount", service_account_contents=contents)
    assert "no access token could be had" in failed["msg"]


@pytest.mark.parametrize("kind", ["machineaccount", "application"])
def test_vm_gets_its_token_from_the_metadata_server(info, fake, monkeypatch, kind) -> None:
    # google-auth reads its environment on import, which has happened in this process.
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", fake.url[len("http://") :])
    monkeypatch.setenv("GCE_METADATA_IP", fake.url[len("http://") :])
    found = info(auth_kind=kind)
    assert len(found["project"]["instances"]) == 4
    paths = [request.path for request in fake.requests]
    assert any(path.endswith(("default/token", f"{READER}/token")) for path in paths)


def test_fake_refuses_requests_that_are_not_published(fake, token, info) -> None:
    """The module's own requests pass. Unknown fields and parameters do not."""
    info()
    (request,) = (each for each in fake.requests if each.path.endswith("aggregated/instances"))
    path = request.path[len("/compute/v1/") :]
    assert fake.api.answer("GET", path, request.query)[0] == 200
    for broken in ({"fields": "items/*/instances(nam)"}, {"maxResult": "5"}, {"maxResults": "x"}):
        assert fake.api.answer("GET", path, {**request.query, **broken})[0] == 400


def test_fake_notices_answers_that_are_not_as_published(tmp_path) -> None:
    cloud = example()
    cloud.named("networks", "vpc-db")["peeringz"] = []
    cloud.named("instances", "db1")["status"] = "SLEEPING"
    with Fake(tmp_path, cloud) as fake:
        fake.api.answer("GET", "projects/shop-42/global/networks", {})
        fake.api.answer("GET", "projects/shop-42/aggregated/instances", {})
    assert len(fake.api.violations) == 2
    assert "peeringz" in fake.api.violations[0]
    assert "SLEEPING" in fake.api.violations[1]
