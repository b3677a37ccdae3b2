# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email.utils
import json
import threading
import time
import typing as t

import pytest
import requests
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api import session as session_module
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.session import (
    ATTEMPTS,
    GcpError,
    Session,
    seconds_to_wait,
    within,
)
from google.auth.exceptions import RefreshError, TransportError

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJl"


def answer(status: int, body: t.Any, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.reason = "Said So"
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    made._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    return made


def api_error(status: int, reason: str, message: str, **headers: str) -> requests.Response:
    inner = {"code": status, "message": message, "errors": [{"reason": reason}]}
    return answer(status, {"error": inner}, **headers)


class Wire:
    """Stands for AuthorizedSession: returns or raises what a test gave it, in turn."""

    def __init__(self, *given: t.Any) -> None:
        self.given = list(given)
        self.requests: list[tuple[str, dict]] = []
        self.trust_env = True

    def get(self, url: str, **options: t.Any) -> requests.Response:
        self.requests.append((url, options))
        found = self.given.pop(0) if len(self.given) > 1 else self.given[0]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def session(monkeypatch):
    def make(*given: t.Any, endpoint: str = "https://api.test/v1", timeout: float = 60) -> Session:
        wire = Wire(*given)
        monkeypatch.setattr(session_module, "AuthorizedSession", lambda *_, **__: wire)
        made = Session(None, endpoint, timeout, sleep=pauses.append)
        made.wire, made.pauses = wire, pauses
        return made

    pauses: list[float] = []
    return make


def test_answer_is_returned(session) -> None:
    api = session(answer(200, {"items": [1]}))
    assert api.get("projects/p", {"fields": "items"}) == {"items": [1]}
    ((url, options),) = api.wire.requests
    assert (url, options["params"]) == ("https://api.test/v1/projects/p", {"fields": "items"})
    assert options["allow_redirects"] is False
    assert 0 < options["timeout"] <= 30


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_temporary_failure_is_retried(session, status) -> None:
    api = session(api_error(status, "backendError", "later"), answer(200, {"a": 1}))
    assert api.get("x", {}) == {"a": 1}
    assert (api.calls, len(api.pauses)) == (2, 1)


def test_lost_connection_is_retried(session) -> None:
    api = session(requests.exceptions.ConnectionError("gone"), answer(200, {"a": 1}))
    assert api.get("x", {}) == {"a": 1}


def test_status_403_for_a_rate_limit_is_retried(session) -> None:
    api = session(api_error(403, "rateLimitExceeded", "slower"), answer(200, {"a": 1}))
    assert api.get("x", {}) == {"a": 1}


def test_attempts_are_limited_and_pauses_grow(session) -> None:
    api = session(api_error(503, "backendError", "no luck"))
    with pytest.raises(GcpError, match=r"x: 503 backendError: no luck \(tried 5 times\)"):
        api.get("x", {})
    assert api.calls == ATTEMPTS
    assert len(api.pauses) == ATTEMPTS - 1
    assert all(2**n / 2 <= pause <= 2**n for n, pause in enumerate(api.pauses))


def test_retry_after_delays_the_next_attempt(session) -> None:
    api = session(api_error(429, "tooMany", "wait", Retry_After="7"), answer(200, {}))
    api.get("x", {})
    assert api.pauses == [7]


def test_pause_beyond_the_deadline_is_an_error(session) -> None:
    api = session(api_error(429, "tooMany", "wait", Retry_After="3600"))
    with pytest.raises(GcpError, match="tried 1 times"):
        api.get("x", {})
    assert api.pauses == []


@pytest.mark.parametrize(
    ("header", "seconds"), [("12", 12), ("", 0), ("soon", 0), ("-5", 0), (" 3 ", 3)]
)
def test_retry_after_header_is_parsed(header, seconds) -> None:
    assert seconds_to_wait(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert 50 < seconds_to_wait(email.utils.formatdate(time.time() + 60, usegmt=True)) <= 61
    assert seconds_to_wait(email.utils.formatdate(time.time() - 60, usegmt=True)) == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_final_failure_is_not_retried(session, status) -> None:
    api = session(api_error(status, "because", "the API's own words"))
    with pytest.raises(GcpError, match=f"^x: {status} because: the API's own words$") as caught:
        api.get("x", {})
    assert (api.calls, caught.value.status) == (1, status)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, "<html><h1>Not here</h1></html>", "x: 404 Said So: Not here"),
        (403, {"error": "denied"}, 'x: 403 Said So: {"error": "denied"}'),
        (403, {"error": {"status": "PERMISSION_DENIED"}}, "403 PERMISSION_DENIED: no message"),
        (302, "", "x: 302 Said So: no message"),
        (200, "<html>", "the answer is not a JSON object"),
        (200, [1], "the answer is not a JSON object"),
    ],
)
def test_error_quotes_answers_that_are_not_the_apis(session, status, body, message) -> None:
    with pytest.raises(GcpError) as caught:
        session(answer(status, body)).get("x", {})
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RefreshError("invalid_grant: Invalid JWT", {"e": "x"}), "credentials were refused: inv"),
        (TransportError("no route"), "no access token could be had: no route"),
        (TransportError(), "no access token could be had: TransportError"),
        (requests.exceptions.SSLError("bad certificate"), "TLS with https://api.test/v1 failed"),
    ],
)
def test_refused_credentials_are_not_retried(session, error, message) -> None:
    api = session(error)
    with pytest.raises(GcpError, match=message):
        api.get("x", {})
    assert api.calls == 1


def test_token_endpoint_that_is_down_is_retried(session) -> None:
    api = session(RefreshError("try later", retryable=True), answer(200, {"a": 1}))
    assert api.get("x", {}) == {"a": 1}
    api = session(RefreshError("try later", retryable=True))
    with pytest.raises(GcpError, match=r"no access token could be had: try later \(tried 5 times"):
        api.get("x", {})


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        "ya29.a0AfH6SMBx-y_z",
        "-----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEv cut off",
    ],
)
def test_secrets_are_replaced_in_errors(secret) -> None:
    assert str(GcpError(f"refused: {secret}")) == "refused: (secret)"
    assert str(GcpError("header Bearer abc.def end")) == "header Bearer (secret) end"


def test_unencrypted_requests_use_no_proxy(session) -> None:
    assert session(answer(200, {})).wire.trust_env
    assert not session(answer(200, {}), endpoint="http://127.0.0.1:1").wire.trust_env


def test_action_is_abandoned_at_its_deadline() -> None:
    assert within(5, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    let_go, ended = threading.Event(), []

    def endless() -> None:
        let_go.wait(60)
        ended.append(True)

    with pytest.raises(GcpError, match="no complete answer within 0.05 s"):
        within(0.05, endless)
    with pytest.raises(GcpError, match="within -1 s"):
        within(-1, endless)
    assert not ended
    let_go.set()
