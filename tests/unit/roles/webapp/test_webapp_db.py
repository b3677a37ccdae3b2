# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator

import pymysql
import pytest
from peerlb_webapp import db as db_module
from peerlb_webapp.config import Config
from peerlb_webapp.db import CHECKS, Database, DatabaseError
from sqlalchemy import select
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.schema import CreateTable

NGINX_PROXY_TIMEOUT = 600


def test_first_write_creates_the_table(database: Database) -> None:
    row = database.write("a", "web1")
    assert (row.request_id, row.served_by) == ("a", "web1")
    assert database.recent(5) == [row]


def test_dropped_table_is_created_again(database: Database, engine: Engine) -> None:
    database.write("a", "web1")
    CHECKS.drop(engine)
    assert database.write("b", "web1").request_id == "b"


def test_two_hosts_may_create_the_table_at_once(
    database: Database, engine: Engine, config: Config
) -> None:
    Database(engine, config).write("a", "web2")
    database._in_transaction(lambda c: c.execute(CreateTable(CHECKS, if_not_exists=True)))
    database.write("a", "web1")
    assert database.executions("a") == 2


def test_mysql_creates_table_and_key_in_one_statement() -> None:
    statement = str(CreateTable(CHECKS, if_not_exists=True).compile(dialect=mysql.dialect()))
    assert "CREATE TABLE IF NOT EXISTS" in statement
    assert "AUTO_INCREMENT" in statement
    assert "UNIQUE (request_id, id)" in statement


def test_old_rows_are_deleted(
    database: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "ROWS_KEPT", 5)
    monkeypatch.setattr(db_module, "PRUNE_EVERY", 10)
    for number in range(23):
        database.write(str(number), "web1")
    with engine.begin() as connection:
        kept = connection.scalars(select(CHECKS.c.id).order_by(CHECKS.c.id)).all()
    assert kept == list(range(16, 24))


def test_connections_are_recycled_before_the_load_balancer_closes_them(config: Config) -> None:
    engine = db_module._engine(config)
    assert engine.pool._recycle < NGINX_PROXY_TIMEOUT
    assert engine.pool._pre_ping
    assert engine.pool.size() == config.threads


def test_password_reaches_the_driver_unchanged_and_not_in_the_url(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def connect(*_args: object, **settings: object) -> None:
        seen.update(settings)
        raise pymysql.err.OperationalError(1045, "Access denied (using password: YES)")

    monkeypatch.setattr(pymysql, "connect", connect)
    password = 'it\'s "$x" @:/%40 ü€'
    database = Database.from_config(Config(**{**config.__dict__, "mysql_password": password}))
    with pytest.raises(DatabaseError, match="refuses access to user 'webapp'"):
        database.ping()
    assert seen["password"] == password.encode()
    assert seen["ssl"].verify_mode == ssl.CERT_NONE
    assert password not in repr(database._engine.url)


def driver_error(number: int, cause: OSError | None = None) -> OperationalError:
    """Return SQLAlchemy's error for one of MySQL's error numbers, with a secret in its text."""
    original = pymysql.err.OperationalError(number, "text that holds s3cret'\"$pass")
    original.__context__ = cause
    return OperationalError("SELECT 1", {}, original)


@pytest.mark.parametrize(
    "error, reason",
    [
        (driver_error(2003, TimeoutError("timed out")), "does not answer: connection timed out"),
        (driver_error(2013, TimeoutError()), "does not answer: connection timed out"),
        (
            driver_error(2003, ConnectionRefusedError(111, "Connection refused")),
            "does not answer: connection refused",
        ),
        (driver_error(2003, OSError(113, "No route to host")), "does not answer: no route to host"),
        (driver_error(2003, ssl.SSLError("x")), "does not answer: TLS failed"),
        (driver_error(2013), "closed the connection"),
        (driver_error(2006, BrokenPipeError(32, "Broken pipe")), "closed the connection"),
        (driver_error(2003, ConnectionResetError(104, "reset")), "closed the connection"),
        (driver_error(1045), "refuses access to user 'webapp'"),
        (driver_error(1049), "has no database 'webapp'"),
        (driver_error(1129), "blocks this source after too many interrupted handshakes"),
        (driver_error(1290), "is read-only"),
        (driver_error(4242), "answered with error 4242"),
        (PoolTimeout("s3cret'\"$pass"), "is too slow: every connection of the pool is in use"),
        (IndexError("s3cret'\"$pass"), "does not speak MySQL as expected (IndexError)"),
    ],
)
def test_reason_is_short_and_has_no_secret(
    database: Database, error: Exception, reason: str
) -> None:
    def fail(_connection: object) -> None:
        raise error

    with pytest.raises(DatabaseError) as caught:
        database._run(fail)
    assert str(caught.value) == f"MySQL at 10.0.0.2:3306 {reason}"
    assert caught.value.__cause__ is None


def test_braces_in_names_are_plain_text(engine: Engine, config: Config) -> None:
    database = Database(engine, Config(**{**config.__dict__, "mysql_user": "{0}{database}"}))
    assert "'{0}{database}'" in database._reason(driver_error(1045))


def test_error_names_an_unset_host(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="^MYSQL_HOST is not set$"):
        Database(engine, Config()).ping()


@pytest.fixture
def closing_port() -> Iterator[int]:
    """Return a port that accepts and closes connections, like a load balancer without a MySQL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_error_of_a_listener_that_closes_connections(config: Config, closing_port: int) -> None:
    settings = {**config.__dict__, "mysql_host": "127.0.0.1", "mysql_port": closing_port}
    with pytest.raises(DatabaseError, match=f"127.0.0.1:{closing_port} closed the connection"):
        Database.from_config(Config(**settings)).ping()


def test_listener_that_never_answers_times_out(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db_module, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = {**config.__dict__, "mysql_host": "127.0.0.1", "mysql_port": port}
        with pytest.raises(DatabaseError, match="does not answer: connection timed out"):
            Database.from_config(Config(**settings)).ping()
