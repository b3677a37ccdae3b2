# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the balancer's data path against its peers, in CPU time a request (root).

    ROUNDS=9 make bench path        benchmarks/path.py [--rounds 4] [--loads small many …]

Requests a second say little on a shared machine, so the measure is the CPU time of the balancer's
own processes (/proc/PID/task/*/schedstat) for each request that wrk saw answered. The balancer has
core 0; wrk and the members' nginx share core 1. Each round measures each peer once with each load.
A ratio is a peer's figure divided by ours in the same round, and the table shows the medians: above
1, the peer needs more. All runs in network namespaces of its own; programs come from Debian and
PyPI into .cache/path. The figures are written to docs/images and docs/performance.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass

from ansible.plugins.loader import init_plugin_loader
from datapath import peers, picture, place, prices, product, slow

DOCUMENT = place.ROOT / "docs/performance.md"
IMAGES = place.ROOT / "docs/images"

Figures = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Load:
    """What wrk does: connections, seconds, the path, and whether it asks the tcp listener."""

    name: str
    connections: int
    seconds: int
    path: str = "/"
    tcp: bool = False


LOADS = {
    "small": Load("small answers, 64 connections", 64, 1),
    "many": Load("small answers, 1,000 connections", 1000, 2),
    "large": Load("answers of 1 MB, 16 connections", 16, 1, "/large"),
    "tcp": Load("tcp, small answers, 64 connections", 64, 1, tcp=True),
    "bulk": Load("tcp, answers of 1 MB, 16 connections", 16, 1, "/large", tcp=True),
}
OURS, FORMER = "peerlb.stack", "before live pools"
PLAIN, BARE = "plain nginx 1.22", "bare nginx 1.30"
# What a peer's figure divided by ours is to be at least.
AIMS = {
    "small": {"HAProxy 3.2": 1.4, "HAProxy 2.6": 1.3, PLAIN: 2.5},
    "many": {"HAProxy 3.2": 1.4},
    "large": {"HAProxy 3.2": 3.5, "Envoy": 1.5, "Traefik": 1.8},
    "tcp": {"HAProxy 3.2": 1.0},
    "bulk": {"HAProxy 3.2": 2.4},
}


def everybody() -> list[peers.Peer]:
    """Return the product, and those that it is compared with."""
    former = product.role_of(product.FORMER)
    return [
        peers.nginx(OURS, 8000, place.ROOT / "roles/nginx_lb"),
        *([peers.nginx(FORMER, 8010, former, pool={"keepalive": 64})] if former else []),
        peers.haproxy("HAProxy 3.2", "sid", 8020),
        peers.haproxy("HAProxy 2.6", "bookworm", 8030),
        peers.envoy_server("Envoy", 8040),
        peers.traefik("Traefik", 8050),
        peers.caddy("Caddy", 8060),
        peers.plain(PLAIN, 8070),
        peers.bare(BARE, 8080),
    ]


@contextlib.contextmanager
def running(every: t.Sequence[peers.Peer]) -> t.Iterator[dict[str, set[int]]]:
    """Start the members and all peers, and yield the processes of each peer by its name."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(peers.members())
        masters: dict[str, list[int]] = {}
        for peer in every:
            home = peers.written(peer)
            started = [
                stack.enter_context(place.started(place.BALANCER, 0, command, home))
                for command in peer.commands
            ]
            masters[peer.name] = started
        time.sleep(2)  # the longest file takes a while
        yield {name: set().union(*map(place.family, started)) for name, started in masters.items()}


def ask(load: Load, peer: peers.Peer) -> int:
    """Return how many requests wrk saw answered with 200; anything else ends the benchmark."""
    url = f"http://{place.ADDRESS}:{peer.tcp if load.tcp else peer.http}{load.path}"
    options = ["-t1", f"-c{load.connections}", f"-d{load.seconds}s", "--timeout", "10s"]
    text = place.run(*place.inside(place.CLIENT, "taskset", "-c", "1", "wrk", *options, url))
    count = int(re.findall(r"(\d+) requests in", text)[0])
    if not count or "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{peer.name}, {load.name}: {text}")
    return count


def measure(load: Load, peer: peers.Peer, pids: set[int]) -> float:
    """Return the balancer's microseconds of CPU for each request of a load."""
    before = place.cpu(pids)
    count = ask(load, peer)
    return (place.cpu(pids) - before) / count


def measured(rounds: int, loads: t.Sequence[str]) -> tuple[Figures, dict[str, float]]:
    """Return {"small": {"Envoy": {"us": 60.1, "ratio": 2.9}}}, and the kB for a slow client."""
    every = everybody()
    found: dict[str, dict[str, list[float]]] = {load: {} for load in loads}
    with running(every) as pids:
        # Before the loads, after which a balancer has memory that it can use again.
        held = {peer.name: slow.memory(peer.http, pids[peer.name]) for peer in every}
        for number in range(rounds):
            for load in loads:
                able = [peer for peer in every if peer.tcp or not LOADS[load].tcp]
                for peer in able[:: -1 if number % 2 else 1]:
                    figure = measure(LOADS[load], peer, pids[peer.name])
                    found[load].setdefault(peer.name, []).append(figure)
            print(f"round {number + 1} of {rounds}", flush=True)
    return {load: summed(figures) for load, figures in found.items()}, held


def summed(figures: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Return the medians of each peer, and those of its ratios to ours, round by round."""
    return {
        name: {
            "us": round(statistics.median(values), 1),
            "ratio": round(
                statistics.median(theirs / ours for theirs, ours in zip(values, figures[OURS])), 2
            ),
        }
        for name, values in figures.items()
    }


def table(found: Figures) -> list[str]:
    """Return the lines of a table of all ratios, each with the aim if there is one."""
    lines = ["| load | peer | µs a request | peer ÷ ours | aim |", "|---|---|---|---|---|"]
    for load, figures in found.items():
        for name, each in figures.items():
            aim = AIMS[load].get(name, "")
            cells = (LOADS[load].name, name, each["us"], f"{each['ratio']:.2f}", aim)
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def put(name: str, lines: t.Iterable[str], part: str = "path") -> None:
    """Put lines between the two remarks of this name in docs/performance.md."""
    begin, end = f"<!-- {name}: made by make bench {part} -->", f"<!-- end of {name} -->"
    before, _begin, rest = DOCUMENT.read_text().partition(begin)
    after = rest.partition(end)[2]
    DOCUMENT.write_text("\n".join((before + begin, "", *lines, "", end + after)))


def write(found: Figures, priced: list[str]) -> None:
    """Write the tables, the figures and the picture to where the documents have them."""
    put("peers", table(found))
    put("prices", priced)
    shown = {
        LOADS[load].name: {name: each["ratio"] for name, each in figures.items()}
        for load, figures in found.items()
    }
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "data-path.json").write_text(json.dumps(found, indent=2) + "\n")
    (IMAGES / "data-path.svg").write_text(picture.bars(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "4")))
    parser.add_argument("--loads", nargs="+", choices=LOADS, default=list(LOADS))
    args = parser.parse_args()
    # So that namespaces and programs are removed.
    signal.signal(signal.SIGTERM, lambda *_words: sys.exit("ended"))
    init_plugin_loader()
    place.install()
    # What a run before has left there; before the first run there is nothing.
    if (place.CACHE / "peers").exists():
        shutil.rmtree(place.CACHE / "peers")
    found, held = measured(args.rounds, args.loads)
    print("\n".join([*table(found), "", *slow.table(held), ""]), flush=True)
    if args.loads == list(LOADS):
        priced = prices.table()
        print("\n".join(priced))
        put("slow clients", slow.table(held))
        write(found, priced)


if __name__ == "__main__":
    main()
