# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from peerlb_webapp import create_app
from peerlb_webapp import views as views_module
from peerlb_webapp.config import Config
from peerlb_webapp.db import CHECKS, Database
from sqlalchemy import inspect
from sqlalchemy.engine import Engine

JSON = {"Accept": "application/json"}


def test_page_names_the_host_that_answered(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    for value in ("web1", "lab-a", "1.2.3", "127.0.0.1", answer.headers["X-Request-ID"]):
        assert value in answer.text


def test_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    assert not re.findall(r"(?:src|href)=\"(?!/|data:)", client.get("/").text)


@pytest.mark.parametrize(
    "path, headers, kind",
    [
        ("/", {}, "text/html"),
        ("/", {"Accept": "*/*"}, "text/html"),
        ("/", JSON, "application/json"),
        ("/?format=json", {}, "application/json"),
        ("/?format=html", JSON, "text/html"),
        ("/", {"Accept": "text/html,application/json;q=0.9"}, "text/html"),
    ],
)
def test_answer_is_json_only_on_request(
    client: FlaskClient, path: str, headers: dict, kind: str
) -> None:
    assert client.get(path, headers=headers).mimetype == kind


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/connection", "/status/503", "/no"])
def test_every_answer_names_the_host_and_the_request(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["X-Served-By"] == "web1"
    assert answer.headers["X-Request-ID"]


def test_connection_page_reads_and_only_a_post_writes_a_row(
    client: FlaskClient, database: Database, engine: Engine
) -> None:
    for _repeated in range(2):
        answer = client.get("/connection", headers=JSON)
        assert (answer.status_code, answer.json["status"]) == (200, "Connection successful")
        assert answer.json["recent"] == []
    assert not inspect(engine).has_table(CHECKS.name)
    written = client.post("/connection", headers=JSON)
    assert written.status_code == 201
    assert written.json["row"]["request_id"] == written.json["request_id"]
    assert database.executions(written.json["request_id"]) == 1
    page = client.get("/connection").text
    assert "Connection successful" in page
    assert re.search(r"<td>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d</td>", page)
    assert "was written to MySQL at 10.0.0.2:3306 and read back" in client.post("/connection").text


@pytest.mark.parametrize("headers", [{}, JSON])
def test_nobody_is_told_details_without_diagnostics(
    config: Config, database: Database, headers: dict
) -> None:
    quiet = {**config.__dict__, "diagnostics": False}
    dead = create_app(Config(**{**quiet, "mysql_host": "127.0.0.1", "mysql_port": 1})).test_client()
    alive = create_app(Config(**quiet), database).test_client()
    answers = [dead.get(path, headers=headers) for path in ("/connection", "/readyz")]
    assert [answer.status_code for answer in answers] == [503, 503]
    answers += [alive.get(path, headers=headers) for path in ("/", "/connection", "/no")]
    for answer in answers:
        for detail in ("10.0.0.2", "127.0.0.1:1", "refused", "lab-a", "1.2.3"):
            assert detail not in answer.text
        assert answer.headers["X-Served-By"] == "web1"


@pytest.mark.parametrize("headers", [{}, JSON])
def test_without_mysql_the_answer_is_503_with_the_reason(
    dead_client: FlaskClient, headers: dict
) -> None:
    answer = dead_client.get("/connection", headers=headers)
    assert answer.status_code == 503
    assert "MySQL at 127.0.0.1:1 does not answer: connection refused" in answer.text
    assert "s3cret" not in answer.text
    assert "Traceback" not in answer.text


def test_healthy_without_mysql_but_not_ready(dead_client: FlaskClient) -> None:
    assert dead_client.get("/healthz").status_code == 200
    assert dead_client.get("/readyz").status_code == 503


def test_unexpected_error_shows_no_traceback_and_no_secret(
    client: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("s3cret inside")

    monkeypatch.setattr(database, "ping", broken)
    answer = client.get("/readyz")
    assert answer.status_code == 500
    assert answer.headers["X-Served-By"] == "web1"
    assert "s3cret" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "peer, forwarded, client_address",
    [
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.9.0.7", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.3", "203.0.113.9", "10.0.0.3"),
        ("10.0.0.2", None, "10.0.0.2"),
    ],
)
def test_only_a_trusted_proxy_names_the_client(
    client: FlaskClient, peer: str, forwarded: str | None, client_address: str
) -> None:
    headers = {**JSON, **({"X-Forwarded-For": forwarded} if forwarded else {})}
    answer = client.get("/", headers=headers, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.json["client"] == client_address


@pytest.mark.parametrize(
    "peer, given, kept",
    [
        ("10.0.0.2", "abc-1", True),
        ("10.0.0.3", "abc-1", False),
        ("10.0.0.2", "<b>", False),
        ("10.0.0.2", "x" * 129, False),
    ],
)
def test_request_id_is_kept_if_a_trusted_proxy_sends_a_valid_one(
    client: FlaskClient, peer: str, given: str, kept: bool
) -> None:
    environ = {"REMOTE_ADDR": peer}
    answer = client.get("/", headers={"X-Request-ID": given}, environ_overrides=environ)
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_repeated_requests_are_counted_by_their_id(client: FlaskClient) -> None:
    assert client.get("/connection/r1", headers=JSON).json["executions"] == 0
    for _each in range(2):
        assert client.post("/connection?id=r1", headers=JSON).status_code == 201
    assert client.post("/connection", data={"id": "r2"}).status_code == 201
    assert client.get("/connection/r1", headers=JSON).json["executions"] == 2
    assert client.get("/connection/r2", headers=JSON).json["executions"] == 1


@pytest.mark.parametrize("code", [200, 204, 404, 503])
def test_status_path_answers_with_the_requested_status(client: FlaskClient, code: int) -> None:
    assert client.get(f"/status/{code}").status_code == code


def test_slow_path_waits_for_the_requested_seconds(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []
    monkeypatch.setattr(views_module.time, "sleep", slept.append)
    assert client.get("/slow?seconds=3").status_code == 200
    assert slept == [3.0]


def test_slow_requests_leave_threads_free(
    config: Config, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(Config(**{**config.__dict__, "threads": 4}), database)
    inner = []

    def nested(_seconds: float) -> None:
        inner.append(app.test_client().get("/slow?seconds=1").status_code)

    monkeypatch.setattr(views_module.time, "sleep", nested)
    assert app.test_client().get("/slow?seconds=1").status_code == 200
    assert inner == [503, 200]
    monkeypatch.setattr(views_module.time, "sleep", lambda _: None)
    assert app.test_client().get("/slow?seconds=1").status_code == 200


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/slow?seconds=11"),
        ("GET", "/slow?seconds=-1"),
        ("GET", "/slow?seconds=nan"),
        ("GET", "/status/99"),
        ("GET", "/status/600"),
        ("POST", "/connection?id=a%20b"),
        ("GET", "/connection/" + "x" * 129),
    ],
)
def test_invalid_arguments_are_refused(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method).status_code == 400


@pytest.mark.parametrize(
    "method, path, code",
    [
        ("GET", "/slow", 404),
        ("GET", "/status/503", 404),
        ("POST", "/connection", 405),
        ("GET", "/connection/x", 404),
        ("GET", "/connection", 200),
    ],
)
def test_diagnostics_can_be_switched_off(
    config: Config, database: Database, method: str, path: str, code: int
) -> None:
    app = create_app(Config(**{**config.__dict__, "diagnostics": False}), database)
    assert app.test_client().open(path, method=method).status_code == code


def test_large_body_is_refused(client: FlaskClient) -> None:
    assert client.post("/connection", data={"id": "x" * 70_000}).status_code == 413


def test_answer_to_a_wrong_method_lists_the_allowed_ones(client: FlaskClient) -> None:
    assert "GET" in client.post("/").headers["Allow"]


def test_names_are_escaped(config: Config, database: Database) -> None:
    app = create_app(Config(**{**config.__dict__, "zone": "<script>"}), database)
    assert "<script>" not in app.test_client().get("/").text
