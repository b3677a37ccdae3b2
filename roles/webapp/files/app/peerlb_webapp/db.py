# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to MySQL: a pool of connections that survives a restart of MySQL, and readable errors."""

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
# Shorter than the idle_timeout of the load balancer's pool (1h by default), after which it closes
# an idle connection to MySQL.
RECYCLE_SECONDS = 300
# A limit, so that many requests from the internet cannot fill the database's disk.
ROWS_KEPT = 100_000
PRUNE_EVERY = 1_000

CHECKS = Table(
    "connection_checks",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("request_id", String(128), nullable=False),
    Column("served_by", String(255), nullable=False),
    Column("written_at", DateTime, nullable=False, server_default=func.now()),
    # Part of CREATE TABLE, so that the table and its index appear in one atomic step.
    UniqueConstraint("request_id", "id"),
)

REASONS = {
    1040: "has no free connection",
    1044: "refuses database {database!r} to user {user!r}",
    1045: "refuses access to user {user!r}",
    1049: "has no database {database!r}",
    1129: "blocks this source after too many interrupted handshakes",
    1142: "does not let user {user!r} do this to its table",
    1290: "is read-only",
    1836: "is read-only",
    3159: "refuses connections without TLS",
    2003: "closed the connection",
    2006: "closed the connection",
    2013: "closed the connection",
    2026: "offers no TLS",
}
# Errors of a read or a write on a connection that the other side closed.
CLOSED = (BrokenPipeError, ConnectionResetError)


class DatabaseError(Exception):
    """MySQL could not be used. The text is a short reason without a password or a traceback."""


class Check(t.NamedTuple):
    """One row. written_at is in UTC, by MySQL's clock."""

    id: int
    request_id: str
    served_by: str
    written_at: datetime


class Database:
    """The statements that the pages need. Every method raises DatabaseError and no other error."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self._engine = engine
        self._config = config

    @classmethod
    def from_config(cls, config: Config) -> Database:
        """Return a database that connects to MySQL when it is first used."""
        return cls(_engine(config), config)

    def ping(self) -> None:
        """Run the smallest query."""
        self._run(lambda connection: connection.execute(select(1)).scalar_one())

    def write(self, request_id: str, served_by: str) -> Check:
        """Commit a row, and return what a second transaction reads back."""
        row = {"request_id": request_id, "served_by": served_by}

        def put(connection: Connection) -> int:
            key = connection.execute(insert(CHECKS).values(row)).lastrowid
            if key % PRUNE_EVERY == 0:
                connection.execute(delete(CHECKS).where(CHECKS.c.id <= key - ROWS_KEPT))
            return key

        key = self._write(put)
        found = self._run(lambda c: c.execute(select(CHECKS).where(CHECKS.c.id == key)).one())
        return Check(*found)

    def recent(self, limit: int) -> list[Check]:
        """Return the newest rows of all hosts, newest first; none before the first write."""
        query = select(CHECKS).order_by(CHECKS.c.id.desc()).limit(limit)
        return self._read(lambda c: [Check(*row) for row in c.execute(query)], [])

    def executions(self, request_id: str) -> int:
        """Return how many rows have this id. More than one means that a request was repeated."""
        query = select(func.count()).where(CHECKS.c.request_id == request_id)
        return self._read(lambda c: c.execute(query).scalar_one(), 0)

    def _read(self, work: t.Callable[[Connection], Result], without_table: Result) -> Result:
        """Return what a query finds, or *without_table*: reading creates no table."""
        return self._run(work, lambda: without_table)

    def _write(self, work: t.Callable[[Connection], Result]) -> Result:
        def again() -> Result:
            # IF NOT EXISTS, because another host may be creating the table at the same time.
            self._in_transaction(lambda c: c.execute(CreateTable(CHECKS, if_not_exists=True)))
            return self._in_transaction(work)

        return self._run(work, again)

    def _run(
        self,
        work: t.Callable[[Connection], Result],
        without_table: t.Callable[[], Result] | None = None,
    ) -> Result:
        if not self._config.mysql_host:
            raise DatabaseError("MYSQL_HOST is not set")
        try:
            try:
                return self._in_transaction(work)
            except DBAPIError as exc:
                if _code(exc) != NO_SUCH_TABLE or without_table is None:
                    raise
            return without_table()
        except Exception as exc:  # the driver may raise any error if the server is not MySQL
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
        pool_size=config.threads,  # one for each thread, so that no thread waits for another
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
        connect_args={
            # Not in the URL, which may be shown. As bytes, any UTF-8 password works.
            "password": config.mysql_password.encode(),
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": ANSWER_SECONDS,
            "write_timeout": ANSWER_SECONDS,
            "init_command": "SET time_zone = '+00:00'",
            **_tls(config),
        },
    )


def _tls(config: Config) -> dict[str, t.Any]:
    """Return the driver's arguments for TLS.

    The server's certificate has to be signed by the CA of mysql_ca_file, if there is one. MySQL
    signs its own certificates, without a host's name and without the extensions of RFC 5280.
    """
    if not config.mysql_tls:
        return {"ssl_disabled": True}
    context = ssl.create_default_context(cafile=config.mysql_ca_file or None)
    context.check_hostname = False
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not config.mysql_ca_file:
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _code(exc: DBAPIError) -> t.Any:
    """Return MySQL's error number, or None if the driver gives none."""
    return exc.orig.args[0] if exc.orig and exc.orig.args else None


def _network_reason(cause: OSError) -> str:
    if isinstance(cause, TimeoutError):
        return "connection timed out"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "its certificate is not signed by the CA in MYSQL_CA_FILE"
    if isinstance(cause, ssl.SSLError):
        return "TLS failed"
    return (cause.strerror or type(cause).__name__).lower()
