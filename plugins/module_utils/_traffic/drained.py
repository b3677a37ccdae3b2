# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait until members that get no new requests have finished the old ones."""

from __future__ import annotations

import time

from .._values.addresses import parse_address
from .._values.entries import errors_at, parse_port
from .kernel import count_workers, read_connections

LOOK_SECONDS = 0.1


def parse_addresses(texts: list[str]) -> list[str]:
    """Return members as the kernel's table has them, of texts such as "10.1.0.2:3000".

    A ValueError names one that is no address and port: no connection to it would ever be found.
    """
    parsed = []
    for text in texts:
        address, _colon, port = text.rpartition(":")
        with errors_at(f"addresses: {text!r} is not written as 10.1.0.2:3000"):
            parsed.append(f"{parse_address(address)}:{parse_port(port)}")
    return parsed


def count(addresses: list[str]) -> int:
    """Return how many connections this host has to all these addresses together."""
    connections = read_connections()
    return sum(connections.get(address, 0) for address in addresses)


def old_workers_left() -> bool:
    """Tell whether workers of a former release are still finishing what they hold."""
    return count_workers()["shutting_down"] > 0


def wait_until_drained(addresses: list[str], timeout: float, settle: float) -> dict[str, float]:
    """Wait at most timeout seconds for connections, and settle seconds for old workers.

    Returns how many connections are left, and for how many seconds it waited:
    {"left": 0, "seconds": 2.9}.
    """
    started = time.monotonic()
    end = started + timeout
    settled = min(end, started + settle)
    left = count(addresses)
    while time.monotonic() < (end if left else settled) and (left or old_workers_left()):
        time.sleep(LOOK_SECONDS)
        left = count(addresses)
    return {"left": left, "seconds": round(time.monotonic() - started, 1)}
