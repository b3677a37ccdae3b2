# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an engine is: the way by which a running nginx learns who serves in a pool.

An engine has two halves. A writer says how an upstream is written, and which pools the engine
cannot serve. A teller runs in the unit: it is told who serves, and knows when nginx has taken it.
The engine `dns` is in the package of that name. The engine `reload` writes members into the files
of a release: it has a writer alone, `STATIC` in `_nginx/upstreams.py`.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._nginx.pool import Pool
from .._nginx.upstreams import Writer
from .._nginx.versions import Version
from .dns.engine import DnsWriter
from .shares import Share

PoolKey = tuple[str, str]  # a listener's protocol, http or tcp, and the name of the pool


class LiveWriter(Writer, t.Protocol):
    """The half of an engine that writes an upstream."""

    def refuses(self, version: Version) -> str:
        """Return why this version of nginx cannot follow the pool by the engine; "" if it can."""


class Teller(t.Protocol):
    """The half of an engine that runs in the unit on the load balancer."""

    async def start(self) -> None:
        """Begin to tell; an OSError says what is in the way."""

    def tell(
        self, serving: t.Mapping[str, t.Sequence[Share]], in_turn: t.Collection[str] = ()
    ) -> None:
        """Say who serves in each pool; in_turn names the pools in which nginx takes turns.

        A pool without anybody keeps what was told before.
        """

    def taken(self) -> t.Mapping[PoolKey, float]:
        """Return when nginx last took who serves in a pool, in seconds of time.monotonic()."""

    async def stop(self) -> None:
        """End to tell. nginx goes on with what it has taken."""


WRITERS: dict[str, t.Callable[[Pool, int], LiveWriter]] = {"dns": DnsWriter}
NAMES = (*WRITERS, "reload")


@dataclass(frozen=True)
class Engine:
    """Which engine a load balancer has, and the port of the unit on 127.0.0.1."""

    name: str = "reload"
    port: int = 8053

    def writer(self, pool: Pool) -> LiveWriter | None:
        """Return who writes the upstream of a pool; None if each change of it is a reload."""
        return WRITERS[self.name](pool, self.port) if self.name in WRITERS else None


RELOAD = Engine()
