# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carts of visitors, kept in Valkey: the members share them, and none of them has to live on.

Whatever is wrong with Valkey costs a request less than half a second, and only one that needs it.
"""

from __future__ import annotations

import re
import secrets
import time
import typing as t

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,
    NoPermissionError,
    OutOfMemoryError,
    RedisError,
    TimeoutError,
)
from redis.retry import Retry

from .config import Config

# The library's defaults connect 11 times and hold a request for seconds.
# nginx asks a second member when one answers 503, and both together take less than half a second.
TIMEOUT = 0.2
RETRIES = 1
# Shorter than the idle_timeout of the load balancer's pool (1h by default), after which it closes
# an idle connection to Valkey.
HEALTH_CHECK_SECONDS = 30
# After a timeout nobody waits for the next one: each would hold a thread that other pages need.
PAUSE_SECONDS = 1.0
# Renewed by each change. Every key has an end, so that a full store lets go of the oldest carts.
CART_SECONDS = 7 * 24 * 3600
ITEMS = 100  # at most in one cart
VISITOR = re.compile(r"[A-Za-z0-9_-]{32}")


class StoreError(Exception):
    """Valkey could not be used. The text is a short reason without a password or a traceback."""


class NoStoreError(Exception):
    """The configuration names no Valkey."""


class FullCartError(Exception):
    """The cart holds as many items as a cart may."""


class Carts:
    """The commands that the pages need. Each raises StoreError if Valkey does not do its part.

    A visitor is an id of 32 characters that cannot be guessed, so it needs no signature, and the
    members no common secret. The keys begin with the name of the account.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client = _client(config)
        self._silent_until = 0.0

    def items(self, visitor: str) -> list[str]:
        """Return what is in a visitor's cart, in the order in which it was added."""
        return _in_order(self._ask(lambda client: client.hgetall(self._key(visitor))))

    def add(self, visitor: str, item: str) -> tuple[str, list[str]]:
        """Add an item. Return the visitor to remember and what is in the cart now.

        Somebody without a cart becomes a new visitor, so that nobody can prepare an id for others.
        """
        held = self._ask(lambda client: client.hlen(self._key(visitor)))
        if held >= ITEMS:
            raise FullCartError
        owner = visitor if held else new_visitor()
        # A line of its own for each addition: the same line written twice, by the retry, is one.
        line = f"{time.time_ns():020d}-{secrets.token_hex(4)}"

        def put(client: Redis) -> t.Any:
            steps = client.pipeline(transaction=True)
            steps.hset(self._key(owner), line, item)
            steps.expire(self._key(owner), CART_SECONDS)
            steps.hgetall(self._key(owner))
            return steps.execute()[-1]

        return owner, _in_order(self._ask(put))

    def _key(self, visitor: str) -> str:
        return f"{self._config.valkey_user}:cart:{visitor}"

    def _ask(self, work: t.Callable[[Redis], t.Any]) -> t.Any:
        if self._client is None:
            raise NoStoreError
        if time.monotonic() < self._silent_until:
            raise StoreError(f"{self._named()} did not answer in time just now")
        try:
            return work(self._client)
        except RedisError as exc:
            if isinstance(exc, TimeoutError):
                self._silent_until = time.monotonic() + PAUSE_SECONDS
            raise StoreError(f"{self._named()} {_reason(exc, self._config)}") from None

    def _named(self) -> str:
        return f"Valkey at {self._config.valkey_host}:{self._config.valkey_port}"


def new_visitor() -> str:
    """Return an id that nobody can guess: 24 random bytes in 32 characters."""
    return secrets.token_urlsafe(24)


def visitor_of(text: str) -> str:
    """Return the visitor that a cookie names, or a new one if it names none."""
    return text if VISITOR.fullmatch(text) else new_visitor()


def _in_order(lines: t.Mapping[str, str]) -> list[str]:
    return [lines[line] for line in sorted(lines)]


def _client(config: Config) -> Redis | None:
    """Return a client that connects when it is first used, or None without a store."""
    if not config.valkey_host:
        return None
    pool = BlockingConnectionPool(
        host=config.valkey_host,
        port=config.valkey_port,
        username=config.valkey_user,
        password=config.valkey_password,
        max_connections=config.threads,  # one for each thread, so that no thread waits
        timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        # A connection that was cut is tried again. What took too long is not: it would take twice
        # as long.
        retry=Retry(NoBackoff(), RETRIES, (ConnectionError,)),
        health_check_interval=HEALTH_CHECK_SECONDS,
        decode_responses=True,
    )
    return Redis(connection_pool=pool)


def _reason(exc: RedisError, config: Config) -> str:
    if isinstance(exc, TimeoutError):
        return "does not answer: timed out"
    if isinstance(exc, BusyLoadingError):
        return "still loads its data"
    if isinstance(exc, AuthenticationError):
        return f"refuses access to user {config.valkey_user!r}"
    if isinstance(exc, ConnectionError):
        return "does not answer, or closed the connection"
    if isinstance(exc, NoPermissionError):
        return f"does not let user {config.valkey_user!r} do this"
    if isinstance(exc, OutOfMemoryError):
        return "is full, and may remove nothing"
    return f"does not speak as expected ({type(exc).__name__})"
