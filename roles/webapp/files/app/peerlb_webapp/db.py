# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to MySQL: a pool that outlives a restart of the server, and reasons fit for a page."""

from __future__ import annotations

import ssl
import typing as t
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.schema import CreateTable

from .config import Config

Result = t.TypeVar("Result")

NO_SUCH_TABLE = 1146
CONNECT_SECONDS = 3
ANSWER_SECONDS = 5
# The load balancer cuts a MySQL connection that is idle for the idle_timeout of its pool (1h unless
# set): be gone long before.
RECYCLE_SECONDS = 300
# So that nobody on the internet can fill the disk of the database by asking often.
ROWS_KEPT = 100_000
PRUNE_EVERY = 1_000

CHECKS = Table(
    "connection_checks",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("request_id", String(128), nullable=False),
    Column("served_by", String(255), nullable=False),
    Column("written_at", DateTime, nullable=False, server_default=func.now()),
    # A key written inside CREATE TABLE: the table and its index appear in one atomic step.
    UniqueConstraint("request_id", "id"),
)

REASONS = {
    1040: "has no connection left to give",
    1044: "refuses database {database!r} to user {user!r}",
    1045: "refuses access to user {user!r}",
    1049: "has no database {database!r}",
    1129: "blocks this source after too many interrupted handshakes",
    1142: "does not let user {user!r} do this to its table",
    1290: "is read-only",
    1836: "is read-only",
    2003: "closed the connection",
    2006: "closed the connection",
    2013: "closed the connection",
    2026: "offers no TLS",
}
# How an end by the other side shows, whether while reading or writing.
CLOSED = (BrokenPipeError, ConnectionResetError)


class DatabaseError(Exception):
    """MySQL could not be used; str() is a short reason without password or trace."""


class Check(t.NamedTuple):
    """One row: written_at is UTC by MySQL's clock."""

    id: int
    request_id: str
    served_by: str
    written_at: datetime


class Database:
    """What the pages need of MySQL. Every method raises DatabaseError, nothing else."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self._engine = engine
        self._config = config

    @classmethod
    def from_config(cls, config: Config) -> Database:
        return cls(_engine(config), config)

    def ping(self) -> None:
        self._run(lambda connection: connection.execute(select(1)).scalar_one())

    def write(self, request_id: str, served_by: str) -> Check:
        """Insert and commit a row, then read it back in a transaction of its own."""
        row = {"request_id": request_id, "served_by": served_by}

        def put(connection: Connection) -> int:
            key = connection.execute(insert(CHECKS).values(row)).lastrowid
            if key % PRUNE_EVERY == 0:
                connection.execute(delete(CHECKS).where(CHECKS.c.id <= key - ROWS_KEPT))
            return key

        key = self._run(put)
        found = self._run(lambda c: c.execute(select(CHECKS).where(CHECKS.c.id == key)).one())
        return Check(*found)

    def recent(self, limit: int) -> list[Check]:
        """The newest rows, whichever host wrote them, newest first."""
        query = select(CHECKS).order_by(CHECKS.c.id.desc()).limit(limit)
        return self._run(lambda c: [Check(*row) for row in c.execute(query)])

    def executions(self, request_id: str) -> int:
        """How many rows bear this id: more than one means that a request was replayed."""
        query = select(func.count()).where(CHECKS.c.request_id == request_id)
        return self._run(lambda c: c.execute(query).scalar_one())

    def _run(self, work: t.Callable[[Connection], Result]) -> Result:
        if not self._config.mysql_host:
            raise DatabaseError("MYSQL_HOST is not set")
        try:
            try:
                return self._in_transaction(work)
            except DBAPIError as exc:
                if _code(exc) != NO_SUCH_TABLE:
                    raise
            # IF NOT EXISTS: the other hosts may be creating it at this moment.
            self._in_transaction(lambda c: c.execute(CreateTable(CHECKS, if_not_exists=True)))
            return self._in_transaction(work)
        except Exception as exc:  # the driver raises anything when another protocol answers
            raise DatabaseError(self._reason(exc)) from None

    def _in_transaction(self, work: t.Callable[[Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            return work(connection)

    def _reason(self, exc: Exception) -> str:
        mysql = f"MySQL at {self._config.mysql_address}"
        if isinstance(exc, PoolTimeout):
            return f"{mysql} is too slow: every connection of the pool is in use"
        if not isinstance(exc, DBAPIError):
            return f"{mysql} does not speak MySQL as expected ({type(exc).__name__})"
        cause = exc.orig.__context__ if exc.orig else None
        if isinstance(cause, OSError) and not isinstance(cause, CLOSED):
            return f"{mysql} does not answer: {_network_reason(cause)}"
        known = REASONS.get(_code(exc), f"answered with error {_code(exc)}")
        return f"{mysql} {known}".format(
            user=self._config.mysql_user, database=self._config.mysql_database
        )


def _engine(config: Config) -> Engine:
    return create_engine(
        URL.create(
            "mysql+pymysql",
            username=config.mysql_user,
            host=config.mysql_host,
            port=config.mysql_port,
            database=config.mysql_database,
            query={"charset": "utf8mb4"},
        ),
        pool_size=config.threads,  # one for each thread: none ever waits for another
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
        connect_args={
            # Here and as bytes: absent from the URL, and any UTF-8 password works.
            "password": config.mysql_password.encode(),
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": ANSWER_SECONDS,
            "write_timeout": ANSWER_SECONDS,
            "init_command": "SET time_zone = '+00:00'",
            **_tls(config),
        },
    )


def _tls(config: Config) -> dict[str, t.Any]:
    """Demand TLS, unverified: MySQL signs its own certificate, and listeners see no password."""
    if not config.mysql_tls:
        return {"ssl_disabled": True}
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _code(exc: DBAPIError) -> t.Any:
    """MySQL's number for the error, None where the driver gives none."""
    return exc.orig.args[0] if exc.orig and exc.orig.args else None


def _network_reason(cause: OSError) -> str:
    if isinstance(cause, TimeoutError):
        return "connection timed out"
    if isinstance(cause, ssl.SSLError):
        return "TLS failed"
    return (cause.strerror or type(cause).__name__).lower()
