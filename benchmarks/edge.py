# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what the edge costs a request, in CPU time of the balancer (root).

    ROUNDS=9 make bench edge        benchmarks/edge.py [--rounds 4] [--parts tls declared]

TLS is compared with what other load balancers need for the same: kept connections of HTTP/1.1 and
HTTP/2, resumed and whole handshakes. What is declared of bans, a gatekeeper and a URL map is
compared with the product without it, and that with the product of before. All runs in network
namespaces of its own, as path.py describes. The tables are written to docs/performance.md.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import signal
import statistics
import sys
import time
import typing as t
from dataclasses import dataclass

import path
from ansible.plugins.loader import init_plugin_loader
from datapath import peers, place, prices
from edgepath import control, loads, terminators, variants
from edgepath.loads import Load

LOADS = {
    "kept": Load("small answers, HTTP/1.1, 64 connections that are kept", loads.kept),
    "http2": Load("small answers, HTTP/2, 16 connections that are kept", loads.http2),
    "resumed": Load("a connection for each request, resumed", loads.resumed),
    "full": Load("a connection for each request, whole handshake", loads.full),
    "large": Load("answers of 1 MB, HTTP/1.1, 16 connections", loads.large),
}
AIM = 1.1  # times what HAProxy needs
# What a variant may cost at most, as a ratio to the product without it.
AIMS = {variants.ALL_RANGES: 1.03, variants.ALL_ROUTES: 1.05}
MORE_ROUNDS = 4  # how often variants are measured in a round, because they differ by little


@dataclass(frozen=True)
class Sample:
    """One measurement: microseconds of the balancer's CPU for each request, and requests/s."""

    us: float
    rate: float


def measured(ask: t.Callable[[], int], pids: set[int]) -> Sample:
    """Send requests and return what each cost the processes of a balancer."""
    before, began = place.cpu(pids), time.monotonic()
    count = ask()
    return Sample((place.cpu(pids) - before) / count, count / (time.monotonic() - began))


def against(ours: t.Sequence[Sample], theirs: t.Sequence[Sample]) -> tuple[float, float]:
    """Return the medians of ratios, round by round: their CPU time to ours, our rate to theirs."""
    pairs = list(zip(ours, theirs))
    return (
        statistics.median(other.us / own.us for own, other in pairs),
        statistics.median(own.rate / other.rate for own, other in pairs),
    )


def median_us(samples: t.Iterable[Sample]) -> float:
    return statistics.median(each.us for each in samples)


def terminated(rounds: int) -> dict[str, dict[str, list[Sample]]]:
    """Return the samples of each load and peer that ends TLS."""
    every = terminators.everybody()
    found: dict[str, dict[str, list[Sample]]] = {load: {} for load in LOADS}
    with path.running(every) as pids:
        for number in range(rounds):
            for key, load in LOADS.items():
                for peer in every[:: -1 if number % 2 else 1]:
                    ask = functools.partial(load.ask, peer.http, "/")
                    sample = measured(ask, pids[peer.name])
                    found[key].setdefault(peer.name, []).append(sample)
            print(f"TLS: round {number + 1} of {rounds}", flush=True)
    return found


def terminated_table(found: dict[str, dict[str, list[Sample]]]) -> list[str]:
    lines = [
        "| load, over TLS | peer | µs a request | peer ÷ ours | requests/s, ours ÷ peer | aim |",
        "|---|---|---|---|---|---|",
    ]
    for key, figures in found.items():
        for name, samples in figures.items():
            cost, rate = against(figures[terminators.OURS], samples)
            aim = AIM if name.startswith("HAProxy") else ""
            cells = (LOADS[key].name, name, f"{median_us(samples):.1f}", f"{cost:.2f}")
            lines.append(f"| {' | '.join(cells)} | {rate:.2f} | {aim} |")
    return lines


def declared(rounds: int) -> tuple[list[str], list[str]]:
    """Return the tables of what the parts of the edge cost a request, and a change."""
    every = variants.everybody()
    found: dict[str, list[Sample]] = {name: [] for name in every}
    for variant in every.values():
        variants.ban(variant)
    with path.running([each.peer for each in every.values()]) as pids:
        for number in range(rounds * MORE_ROUNDS):
            for name in turned([*every], number):
                ask = asking(every[name])
                found[name].append(measured(ask, pids[every[name].peer.name]))
        print("variants: measured", flush=True)
        changed = control.table(every)
    return declared_table(found, counted(every)), changed


def turned(names: list[str], number: int) -> list[str]:
    """Return names in their order, with another one first each time: the first pays a little."""
    first = number % len(names)
    return names[first:] + names[:first]


def asking(variant: variants.Variant) -> t.Callable[[], int]:
    """Return a function that sends requests to a variant, and returns how many."""
    url = f"http://{place.ADDRESS}:{variant.peer.http}{variants.PATH}"

    def ask() -> int:
        return loads.wrk(url, "-H", f"Host: {variants.HOST}")

    return ask


def counted(every: t.Mapping[str, variants.Variant]) -> dict[str, float]:
    """Return the instructions of nginx for a request, which valgrind counts, of each variant."""
    found = {}
    with peers.members():
        for name, each in every.items():
            request = prices.asking(variants.HOST, variants.PATH)
            prepare = functools.partial(variants.ban, each)
            found[name] = prices.for_a_request(each.peer, request, prepare)
    return found


def declared_table(found: dict[str, list[Sample]], instructions: dict[str, float]) -> list[str]:
    lines = [
        "| declared | µs a request | ÷ nothing declared | at most | instructions of nginx |",
        "|---|---|---|---|---|",
    ]
    for name, samples in found.items():
        cost = against(found[variants.NONE], samples)[0]
        cells = (name, f"{median_us(samples):.1f}", f"{cost:.2f}", str(AIMS.get(name, "")))
        lines.append(f"| {' | '.join(cells)} | {instructions[name]:,.0f} |")
    return lines


def of_tls(rounds: int) -> dict[str, list[str]]:
    return {"TLS": terminated_table(terminated(rounds))}


def of_declared(rounds: int) -> dict[str, list[str]]:
    costs, changes = declared(rounds)
    return {"edge": costs, "changes": changes, "stored tests": control.stored_tests()}


PARTS: dict[str, t.Callable[[int], dict[str, list[str]]]] = {
    "tls": of_tls,
    "declared": of_declared,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "4")))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    args = parser.parse_args()
    # So that namespaces and programs are removed.
    signal.signal(signal.SIGTERM, lambda *_words: sys.exit("ended"))
    init_plugin_loader()
    place.install()
    if (place.CACHE / "peers").exists():
        shutil.rmtree(place.CACHE / "peers")
    for part in args.parts:
        for name, lines in PARTS[part](args.rounds).items():
            print("\n".join([*lines, ""]), flush=True)
            path.put(name, lines, "edge")


if __name__ == "__main__":
    main()
