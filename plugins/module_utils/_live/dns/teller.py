# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The half of the engine dns that runs in the unit: it answers nginx's resolver."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from ..._nginx.upstreams import CONTEXTS
from ..shares import Share
from .codec import Zone, label_of
from .server import Server


class Turns:
    """Lets nginx begin its turns anew at each change of who serves.

    Of members whose weight stays nginx remembers how many turns it owes them by the weights of
    before, and would first send up to half of their sum to one of them. So each change of a pool
    gives all its weights another factor.
    """

    def __init__(self) -> None:
        """Begin without a pool."""
        self._before: dict[str, t.Sequence[Share]] = {}
        self._factors: dict[str, int] = {}

    def anew(
        self, serving: t.Mapping[str, t.Sequence[Share]], in_turn: t.Collection[str]
    ) -> dict[str, list[Share]]:
        """Return who serves in each pool, with other weights of the same ratio after a change."""
        for name in in_turn:
            if self._before.get(name, serving[name]) != serving[name]:
                self._factors[name] = 3 - self._factors.get(name, 1)  # 1 or 2
        self._before = dict(serving)
        return {
            name: [replace(each, weight=self._factors.get(name, 1) * each.weight) for each in some]
            for name, some in serving.items()
        }


class DnsTeller:
    """Answers the questions of nginx's resolver."""

    def __init__(self, port: int) -> None:
        """Take the port, on 127.0.0.1."""
        self._server = Server(port, self._asked)
        self._taken: dict[tuple[str, str], float] = {}
        self._names: dict[str, str] = {}
        self._turns = Turns()

    async def start(self) -> None:
        """Bind the port; an OSError says what is in the way."""
        await self._server.start()

    def tell(
        self, serving: t.Mapping[str, t.Sequence[Share]], in_turn: t.Collection[str] = ()
    ) -> None:
        """Say who serves in each pool; in_turn names the pools in which nginx takes turns."""
        self._names = {label_of(name): name for name in serving}
        told = self._turns.anew(serving, in_turn)
        services = [(protocol, name) for protocol in CONTEXTS for name in serving]
        self._server.zone = Zone({(each, label_of(name)): told[name] for each, name in services})

    def taken(self) -> t.Mapping[tuple[str, str], float]:
        """Return when nginx last asked who serves in a pool, in seconds of time.monotonic()."""
        return dict(self._taken)

    async def stop(self) -> None:
        """Give the port back."""
        await self._server.close()

    def _asked(self, protocol: str, label: str) -> None:
        if label in self._names:
            self._taken[protocol, self._names[label]] = time.monotonic()
