# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the members of a pool from the load balancer, before a release sends requests to them."""

from __future__ import annotations

import socket
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._nginx.checks import PoolError
from .._nginx.pool import Pool

TIMEOUT = 2.0  # seconds for one connection
PATIENCE = 5.0  # seconds until a pool of which no member answers is given up

Ask = t.Callable[[str, int], str]


def connection_error(address: str, port: int) -> str:
    """Return why no TCP connection to this place comes about; "" if one does."""
    try:
        socket.create_connection((address, port), TIMEOUT).close()
        return ""
    except OSError as exc:
        return exc.strerror or "no answer"


def refuse_silent_pools(
    pools: t.Iterable[Pool],
    live: t.Iterable[Pool],
    ask: Ask = connection_error,
    patience: float = PATIENCE,
) -> None:
    """Raise a PoolError for a pool of which no member answers.

    A pool whose members and ports are those of the live release is not asked: it is no worse after
    the change, and an outage of its members must not stop another change.
    """
    known = {pool.name: _places(pool) for pool in live}
    for pool in pools:
        if _places(pool) == known.get(pool.name):
            continue
        end = time.monotonic() + patience
        while errors := _errors(pool, ask):
            if time.monotonic() >= end:
                raise PoolError(
                    f"pool {pool.name}: no member answers this load balancer, nothing was changed:"
                    f" {'; '.join(errors[:5])}. Start the members, open the port in the firewalls,"
                    " or deploy without this test (nginx_lb_require_members: false)"
                )
            time.sleep(0.2)


def _places(pool: Pool) -> set[tuple[str, int]]:
    return {(member.address, member.port) for member in pool.members}


def _errors(pool: Pool, ask: Ask) -> list[str]:
    """Return why each member does not answer; [] as soon as one does."""
    places = sorted(_places(pool))
    executor = ThreadPoolExecutor(max_workers=32)
    try:
        errors = []
        for place, error in zip(places, executor.map(lambda each: ask(*each), places)):
            if not error:
                return []
            errors.append(f"{place[0]}:{place[1]}: {error}")
        return errors
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
