# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The half of the engine dns that runs in the unit: it answers nginx's resolver."""

from __future__ import annotations

import time
import typing as t

from ..._nginx.upstreams import CONTEXTS
from ..shares import Share
from .codec import Zone, label_of
from .server import Server


class DnsTeller:
    """Answers the questions of nginx's resolver."""

    def __init__(self, port: int) -> None:
        """Take the port, on 127.0.0.1."""
        self._server = Server(port, self._asked)
        self._taken: dict[tuple[str, str], float] = {}
        self._names: dict[str, str] = {}

    async def start(self) -> None:
        """Bind the port; an OSError says what is in the way."""
        await self._server.start()

    def tell(self, serving: t.Mapping[str, t.Sequence[Share]]) -> None:
        """Say who serves in each pool."""
        self._names = {label_of(name): name for name in serving}
        services = [(protocol, name) for protocol in CONTEXTS for name in serving]
        self._server.zone = Zone({(each, label_of(name)): serving[name] for each, name in services})

    def taken(self) -> t.Mapping[tuple[str, str], float]:
        """Return when nginx last asked who serves in a pool, in seconds of time.monotonic()."""
        return dict(self._taken)

    async def stop(self) -> None:
        """Give the port back."""
        await self._server.close()

    def _asked(self, protocol: str, label: str) -> None:
        if label in self._names:
            self._taken[protocol, self._names[label]] = time.monotonic()
