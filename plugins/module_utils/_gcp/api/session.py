# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session with Google's API: GET requests with retries, all of them under one deadline."""

from __future__ import annotations

import email.utils
import json
import queue
import random
import re
import threading
import time
import traceback
import typing as t
from dataclasses import dataclass, field

try:
    import requests
    from google.auth import exceptions
    from google.auth.transport.requests import AuthorizedSession

    IMPORT_ERROR = ""
except ImportError:  # the module fails with this traceback before it uses anything here
    IMPORT_ERROR = traceback.format_exc()

ATTEMPTS = 5
REQUEST_TIMEOUT = 30.0  # seconds that a server may take to accept, or between two bytes
TEMPORARY_STATUSES = {429, 500, 502, 503, 504}
# With these reasons, status 403 means that a quota is used up for the moment.
RATE_LIMIT_REASONS = {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
SECRETS = re.compile(
    r"-----BEGIN.*?(-----END[^-]*-----|$)|\beyJ[\w-]+\.[\w.-]+|\bya29\.[\w.-]+|(?<=Bearer )\S+",
    re.DOTALL,
)

T = t.TypeVar("T")


class GcpError(ValueError):
    """An error of the API or on the way to it; tokens and keys in its text are replaced.

    `status` is the HTTP status of the API's answer, or 0 without one.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(SECRETS.sub("(secret)", text))
        self.status = status


class TemporaryError(GcpError):
    """An error that a later request may not meet, `after` so many seconds at the earliest."""

    def __init__(self, text: str, status: int = 0, after: float = 0.0) -> None:
        super().__init__(text, status)
        self.after = after


def within(seconds: float, action: t.Callable[[], T]) -> T:
    """Return what the action returns, or raise GcpError after so many seconds.

    The action runs in a thread, which is abandoned at the deadline: a socket's timeout ends
    neither a silent resolver nor an answer that comes byte by byte.
    """
    outcome: queue.Queue[tuple[t.Any, Exception | None]] = queue.Queue()

    def run() -> None:
        try:
            outcome.put((action(), None))
        except Exception as exc:
            outcome.put((None, exc))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = outcome.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise GcpError(f"no complete answer within {seconds:g} s (timeout)") from None
    if error:
        raise error
    return value


@dataclass
class Session:
    """A session with one identity's credentials at one endpoint.

    `timeout` is for all requests together, in seconds from the beginning of the session. `calls`
    counts the requests that were sent, with those that were repeated.
    """

    credentials: t.Any
    endpoint: str
    timeout: float
    sleep: t.Callable[[float], None] = time.sleep
    calls: int = 0
    _deadline: float = field(init=False)
    _http: t.Any = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = time.monotonic() + self.timeout
        self._http = AuthorizedSession(self.credentials, refresh_timeout=REQUEST_TIMEOUT)
        if not self.endpoint.startswith("https:"):
            self._http.trust_env = False  # a proxy could read a request that is not encrypted

    def get(self, path: str, params: t.Mapping[str, str]) -> dict[str, t.Any]:
        """Return the API's answer to a GET request for a path below the endpoint.

        Raises GcpError if the API refuses, and after the last attempt or the deadline.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(path, params)
            except TemporaryError as exc:
                pause = max(exc.after, random.uniform(0.5, 1) * 2 ** (attempt - 1))
                if attempt == ATTEMPTS or pause >= self._left():
                    raise GcpError(f"{exc} (tried {attempt} times)", exc.status) from None
            self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _once(self, path: str, params: t.Mapping[str, str]) -> dict[str, t.Any]:
        self.calls += 1
        try:
            answer = self._http.get(
                f"{self.endpoint}/{path}",
                params=params,
                timeout=max(0.1, min(REQUEST_TIMEOUT, self._left())),
                allow_redirects=False,  # the token must reach no other server
            )
        except exceptions.GoogleAuthError as exc:
            raise authentication_error(exc) from None
        except requests.exceptions.SSLError as exc:
            raise GcpError(f"{path}: TLS with {self.endpoint} failed: {exc}") from None
        except requests.exceptions.RequestException as exc:
            raise TemporaryError(f"{path}: {self.endpoint} does not answer: {exc}") from None
        if answer.status_code != 200:
            raise api_error(path, answer)
        return json_object(path, answer.text)


def message_of(exc: Exception) -> str:
    """Return the message of google-auth's error, without the server's answer behind it."""
    return str(exc.args[0]) if exc.args else type(exc).__name__


def authentication_error(exc: exceptions.GoogleAuthError) -> GcpError:
    """Return the error for credentials that brought no access token."""
    if exc.retryable:
        return TemporaryError(f"no access token could be had: {message_of(exc)}")
    refused = isinstance(exc, exceptions.RefreshError)
    what = "the credentials were refused" if refused else "no access token could be had"
    return GcpError(f"{what}: {message_of(exc)}")


def json_object(path: str, text: str) -> dict[str, t.Any]:
    """Return the JSON object in an answer's text; raise GcpError if it holds none."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise GcpError(f"{path}: the answer is not a JSON object: {text[:80]!r}")
    return value


def api_error(path: str, answer: requests.Response) -> GcpError:
    """Return the error for an answer that is not 200, with the API's own reason and message."""
    status = answer.status_code
    reason, message = reason_and_message(answer)
    text = f"{path}: {status} {reason}: {message}"
    if status in TEMPORARY_STATUSES or (status == 403 and reason in RATE_LIMIT_REASONS):
        return TemporaryError(text, status, seconds_to_wait(answer.headers.get("Retry-After", "")))
    return GcpError(text, status)


def reason_and_message(answer: requests.Response) -> tuple[str, str]:
    """Return why the API refused, such as ("notFound", "The resource ... was not found").

    What answered may be no API, as a proxy: then the message is the text of its page.
    """
    try:
        error = answer.json()["error"]
        first = (error.get("errors") or [{}])[0]
        reason = first.get("reason") or error.get("status") or answer.reason
        return reason, error.get("message") or "no message"
    except (ValueError, LookupError, TypeError, AttributeError):
        text = " ".join(re.sub(r"<[^>]*>", " ", answer.text[:2000]).split())
        return answer.reason or "no reason", text[:200] or "no message"


def seconds_to_wait(header: str) -> float:
    """Return the seconds that a Retry-After header asks for: a number or a date; else 0."""
    if re.fullmatch(r"\d+", header.strip()):
        return float(header)
    parsed = email.utils.parsedate_tz(header)
    return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else 0.0
