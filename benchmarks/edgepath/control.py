# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a change costs: the seconds of `nginx -t` and of a reload, and those of stored tests."""

from __future__ import annotations

import os
import signal
import statistics
import time
import typing as t
from pathlib import Path

from datapath import peers, place

from . import variants

TIMES = 5
PATIENCE = 30  # seconds


def table(every: t.Mapping[str, variants.Variant]) -> list[str]:
    """Return the lines of a table of what runs; each variant is running."""
    lines = [
        "| declared | `nginx -t` | reload until the new worker is there | memory of the worker |",
        "|---|---|---|---|",
    ]
    for name, variant in every.items():
        tested = statistics.median(_tested(variant.peer) for _each in range(TIMES))
        loaded = statistics.median(_reloaded(variant.peer) for _each in range(TIMES))
        (worker,) = _workers(_master(variant.peer))
        memory = place.memory([int(worker)]) / 1024
        lines.append(f"| {name} | {tested:.2f} s | {loaded:.2f} s | {memory:.0f} MB |")
    return lines


def _tested(peer: peers.Peer) -> float:
    began = time.monotonic()
    home = peers.directory(peer.name)
    place.run(*place.inside(place.BALANCER, "env", f"--chdir={home}", *peer.commands[0], "-t"))
    return time.monotonic() - began


def _master(peer: peers.Peer) -> int:
    return int((peers.directory(peer.name) / "nginx.pid").read_text())


def _workers(master: int) -> set[str]:
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def _reloaded(peer: peers.Peer) -> float:
    """Reload, and return after how many seconds a new worker was there; wait for the old to go."""
    master = _master(peer)
    before, began = _workers(master), time.monotonic()
    os.kill(master, signal.SIGHUP)
    while not _workers(master) - before:
        _patient(began)
    needed = time.monotonic() - began
    while _workers(master) & before:
        _patient(began)
    return needed


def _patient(began: float) -> None:
    if time.monotonic() - began > PATIENCE:
        raise SystemExit("a reload does not come to its end")
    time.sleep(0.005)


def stored_tests() -> list[str]:
    """Return the lines of a table: reading, judging and writing a URL map with many tests."""
    from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.routes import render_host
    from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
    from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.stored import failed_tests

    declared = variants.url_map(variants.ROUTES, variants.ROUTES)
    steps = [time.process_time()]
    read = read_url_map(declared, ["webapp"])
    steps.append(time.process_time())
    if failed_tests(read):
        raise SystemExit("a stored test fails")
    steps.append(time.process_time())
    render_host(read, read.hosts[0], {"webapp": variants.pool()})
    steps.append(time.process_time())
    names = ("read and check the map", "run its tests", "write its locations")
    rows = [f"| {name} | {to - of:.2f} s |" for name, of, to in zip(names, steps, steps[1:])]
    head = f"{variants.ROUTES:,} routes with {variants.ROUTES:,} tests, on the controller"
    return [f"| {head} | CPU time |", "|---|---|", *rows]
