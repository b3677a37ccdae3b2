# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a live pool costs for each request, beside the same pool written statically."""

from __future__ import annotations

import contextlib
import re
import statistics
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from datapath import place

from . import stage
from .stage import CORES, Nginx, Unit, free_port, say

ADDRESSES = [f"127.1.0.{number}" for number in range(1, 5)]
LIVE, STATIC, AGAIN = "live", "static", "static again"
LOADS = {
    "http, small GETs, 64 kept connections": [],
    "stream, a connection for each GET, 64 at once": ["-H", "Connection: close"],
}


@dataclass(frozen=True)
class Figure:
    """Microseconds of CPU for a request, and requests a second."""

    cpu: float
    rate: float


def measure(home: Path, rounds: int, seconds: int) -> None:
    """Say the ratios of static to live, round by round, and what two static ones differ by."""
    found: dict[str, dict[str, list[Figure]]] = {
        load: {name: [] for name in (LIVE, STATIC, AGAIN)} for load in LOADS
    }
    with running(home) as fronts:
        for number in range(rounds):
            for load, words in LOADS.items():
                order = list(fronts.items())[:: -1 if number % 2 else 1]
                for name, (pids, http, stream) in order:
                    target = http if load.startswith("http") else stream
                    found[load][name].append(ask(words, target, pids, seconds))
    for load, figures in found.items():
        show(load, figures)


@contextlib.contextmanager
def running(home: Path) -> t.Iterator[dict[str, tuple[set[int], str, str]]]:
    """Run members and balancers; yield the processes of each, and its addresses, by name."""
    unit, port = Unit(), free_port()
    members = [f"{address}:{port}" for address in ADDRESSES]
    listens = "".join(f"listen {each}:{port} reuseport;" for each in [*ADDRESSES, "127.0.0.1"])
    server = f"server {{ {listens} return 200 ok; }}"
    answering = Nginx(home / "members", 1, http=server, core=CORES[1])
    pool = stage.pool("web", members)
    fronts = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(unit.running())
        unit.tell({"web": stage.shares(members, [1] * len(members))})
        stack.enter_context(answering.running(f"127.0.0.1:{port}"))
        for name in (LIVE, STATIC, AGAIN):
            http, stream = (f"127.0.0.1:{free_port()}" for _each in range(2))
            asked = unit.port if name == LIVE else 0
            own = home / name.replace(" ", "-")
            front = Nginx(own, 1, {http: pool}, {stream: pool}, asked, core=CORES[0])
            pids = place.family(stack.enter_context(front.running(http)))
            fronts[name] = (pids, http, stream)
        warm(fronts)
        yield fronts
        unit.count()
        if not unit.taken:
            sys.exit("nginx has never asked who serves")


def warm(fronts: dict[str, tuple[set[int], str, str]]) -> None:
    """Let each nginx open its connections to the members, and ask who serves."""
    for _pids, http, stream in fronts.values():
        stage.wrk("-t1", "-c64", "-d2s", f"http://{http}/")
        stage.wrk("-t1", "-c64", "-d1s", f"http://{stream}/")


def ask(words: t.Sequence[str], target: str, pids: set[int], seconds: int) -> Figure:
    """Return what a load costs; an answer that is not 200 ends the benchmark."""
    before = place.cpu(pids)
    text = stage.wrk("-t1", "-c64", f"-d{seconds}s", *words, f"http://{target}/")
    used = place.cpu(pids) - before
    count = int(re.findall(r"(\d+) requests in", text)[0])
    if not count or "Non-2xx" in text or "Socket errors" in text:
        sys.exit(f"{target}: {text}")
    return Figure(used / count, float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0]))


def show(load: str, figures: dict[str, list[Figure]]) -> None:
    """Say the medians of each, and of the ratios in each round; above 1, live needs less."""
    print(load)
    for name, values in figures.items():
        cpu, rate = (statistics.median(getattr(v, k) for v in values) for k in ("cpu", "rate"))
        say(f"  {name}", f"{cpu:.1f} µs a request, {rate:,.0f} requests/s")
    pairs = {"static ÷ live (aim 0.97)": (STATIC, LIVE), "static again ÷ static": (AGAIN, STATIC)}
    for what, (above, below) in pairs.items():
        cpu_ratios = [a.cpu / b.cpu for a, b in zip(figures[above], figures[below])]
        # Of throughput more is better, so the fraction is the other way round.
        rate_ratios = [b.rate / a.rate for a, b in zip(figures[above], figures[below])]
        say(f"  {what}, CPU" if above == STATIC else f"  {what}, CPU", spread(cpu_ratios))
        say(f"  {what}, throughput", spread(rate_ratios))


def spread(ratios: t.Sequence[float]) -> str:
    """Return the median and the quartiles."""
    low, middle, high = statistics.quantiles(ratios, n=4)
    return f"{middle:.3f} (half of the rounds {low:.3f} to {high:.3f})"
