# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the application with its real server, gunicorn."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.nginx import free_port

DEADLINE = 15.0


@contextmanager
def gunicorn(source: Path, log: Path, **environ: str) -> Iterator[subprocess.Popen]:
    """Run gunicorn until the end of the block, and return its process."""
    command = [sys.executable, "-B", "-m", "gunicorn"]
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=source, env={**os.environ, **environ}, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(DEADLINE)


def get(port: int, path: str, **headers: str) -> http.client.HTTPResponse:
    """Return the answer to a request, as soon as the server accepts connections."""
    until = time.monotonic() + DEADLINE
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse()
        except ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return the path of gunicorn's output."""
    return tmp_path / "log"


def test_gunicorn_serves_and_logs_the_real_client(source: Path, log: Path) -> None:
    port = free_port()
    environ = {
        "WEBAPP_PORT": str(port),
        "WEBAPP_WORKERS": "1",
        "WEBAPP_SERVED_BY": "web1",
        "WEBAPP_TRUSTED_PROXIES": "127.0.0.1",
        "MYSQL_HOST": "127.0.0.1",
        "MYSQL_PORT": "1",
        "MYSQL_PASSWORD": "s3cret",
    }
    with gunicorn(source, log, **environ):
        quiet = get(port, "/healthz")
        assert quiet.status == 200
        headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Request-ID": "r1"}
        answer = get(port, "/connection?a=%22", **headers)
        assert answer.status == 503
        assert answer.headers["X-Served-By"] == "web1"
        answer.read()
    text = log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    # The first request looks like the container's own health check, which is not logged.
    assert [line["request_id"] for line in lines] == ["r1"]
    assert lines[0]["client"] == "203.0.113.9"
    assert lines[0]["uri"] == "/connection?a=%22"
    assert (lines[0]["method"], lines[0]["status"]) == ("GET", 503)
    assert lines[0]["ms"] > 0
    assert "does not answer: connection refused" in text
    assert "s3cret" not in text


def test_idle_connection_stays_open_longer_than_gunicorn_s_default(source: Path, log: Path) -> None:
    port = free_port()
    with gunicorn(source, log, WEBAPP_PORT=str(port), WEBAPP_WORKERS="1"):
        get(port, "/healthz").read()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        time.sleep(2.5)  # by default gunicorn closes it after two seconds
        connection.sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)


def test_open_request_is_answered_while_gunicorn_stops(source: Path, log: Path) -> None:
    port = free_port()
    with gunicorn(source, log, WEBAPP_PORT=str(port), WEBAPP_WORKERS="1") as process:
        get(port, "/healthz").read()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/slow?seconds=1")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert connection.getresponse().status == 200


def test_bad_environment_stops_gunicorn_with_one_sentence(source: Path, log: Path) -> None:
    with gunicorn(source, log, WEBAPP_PORT="70000") as process:
        assert process.wait(DEADLINE) != 0
    assert log.read_text().strip() == "webapp: WEBAPP_PORT: '70000' is not a number from 1 to 65535"
