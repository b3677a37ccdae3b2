# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what the project promises. Figures are ratios or medians, because machines are noisy.

    benchmarks/run.py            all of it
    benchmarks/run.py PART...    stack: from bare hosts; database: sysbench through the balancer;
                                balancer: requests a second; path: its CPU time against peers;
                                edge: the same with TLS, and what guards and routes add to it;
                                verification: probes of one host;
                                model: the proof of a thousand hosts; gcp: reading a cloud project;
                                audit: judging one; scale: the controller with up to 1,000 hosts;
                                operate: a change of a weight, up to 5,000 members;
                                live: what live pools lose, cost and need;
                                run: this checkout against a former commit, in one run

The stack is deployed on bare hosts, so what the lab holds is gone afterwards.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PLAYBOOK = Path(PYTHON).parent / "ansible-playbook"
RERUNS = 3


@dataclass(frozen=True)
class Run:
    """One command: its seconds, its output and the peak memory of it and its children, in MiB."""

    seconds: float
    output: str
    peak: float


def tree_memory(pid: int) -> float:
    """Return the proportional memory of a process and its descendants, in MiB."""
    listing = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    parents = [tuple(map(int, line.split())) for line in listing.stdout.splitlines()]
    family = {pid}
    while grown := {child for child, parent in parents if parent in family} - family:
        family |= grown
    total = 0
    for member in family:
        try:
            text = Path(f"/proc/{member}/smaps_rollup").read_text()
        except OSError:  # it has ended meanwhile
            continue
        total += sum(map(int, re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)))
    return total / 1024


def measured(*command: str | Path, **variables: str) -> Run:
    """Run a command to its end and watch its memory; a failure ends the bench."""
    started = time.monotonic()
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = 0.0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, tree_memory(process.pid))
            time.sleep(0.5)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output = process.communicate()[0]
    watcher.join()
    if process.returncode:
        sys.exit(f"{output[-4000:]}\nbench: rc {process.returncode}: {' '.join(map(str, command))}")
    return Run(time.monotonic() - started, output, peak)


def say(what: str, figure: str) -> None:
    print(f"{what:<52} {figure}", flush=True)


def tasks_by_host(output: str) -> dict[str, int]:
    """Read the recap: the tasks that were executed on each host."""
    found = re.findall(r"^(\S+)\s+: ok=(\d+)", output, re.MULTILINE)
    return {host: int(count) for host, count in found}


def stack() -> None:
    measured(PYTHON, "-m", "lab", "down")
    say("lab up, with the cache", f"{measured(PYTHON, '-m', 'lab', 'up').seconds:.1f} s")
    first = measured(PLAYBOOK, "site.yml")
    say("first site.yml on bare hosts", f"{first.seconds:.1f} s")
    reruns = [measured(PLAYBOOK, "site.yml") for _each in range(RERUNS)]
    say("site.yml again", f"{statistics.median(run.seconds for run in reruns):.1f} s")
    counts = tasks_by_host(reruns[-1].output)
    say("tasks executed again", ", ".join(f"{host} {count}" for host, count in counts.items()))
    say("peak memory of the controller", f"{max(run.peak for run in [first, *reruns]):.0f} MiB")


def other(name: str) -> t.Callable[[], None]:
    """A part that is a script of its own, which says its figures itself."""

    def part() -> None:
        subprocess.run([PYTHON, ROOT / "benchmarks" / name], cwd=ROOT, check=True)

    return part


PARTS: dict[str, t.Callable[[], None]] = {
    "stack": stack,
    "database": other("database.py"),
    "balancer": other("balancer.py"),
    "path": other("path.py"),
    "edge": other("edge.py"),
    "verification": other("verification.py"),
    "model": other("model.py"),
    "gcp": other("gcp.py"),
    "audit": other("audit.py"),
    "scale": other("scale.py"),
    "operate": other("operate.py"),
    "live": other("live.py"),
    "run": other("against.py"),
}


def main(arguments: list[str]) -> int:
    unknown = [name for name in arguments if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are: {', '.join(PARTS)}")
        return 2
    for name in arguments or PARTS:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
