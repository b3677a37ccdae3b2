# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the controller with 10, 100 and 1,000 hosts: ansible-playbook itself, on no machine.

    benchmarks/scale.py                                check.yml up to 1,000 hosts, site.yml to 100
    benchmarks/scale.py --playbook site --hosts 100 1000     one of them, at these sizes
    benchmarks/scale.py --checkout PATH                      the collection in another clone
    benchmarks/scale.py --tasks 20                           also the 20 tasks that cost most

The hosts are those of tests/support/fleet: modules are not executed, and nothing is sent. Columns:

    CPU       user and system seconds of ansible-playbook and all its workers, as the kernel counts
    wall      seconds from start to end; with other work on the machine they say little
    process   the peak of resident memory of the largest process, as the kernel counts it, in MiB
    together  the peak of the proportional memory of all processes, sampled twice a second, in MiB
    models    evaluations of the declaration

The lines with a stroke tell by how much each is more than at the size before. A site.yml with 1,000
hosts is measured where it is asked for: it takes an hour and gigabytes, as Ansible starts a process
for each task on each host, and verify.yml probes from each host to each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
import typing as t
from collections import Counter
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.fleet.fleet import Fleet

SIZES = {"check": (10, 100, 1000), "site": (10, 100)}
HEADS = ("playbook", "hosts", "CPU", "wall", "process", "together", "models")
ROW = "{:<9} {:>11} {:>9} {:>9} {:>9} {:>9} {:>7}"
AIMS = (
    ("check", "cpu", 20.0, "s of CPU"),
    ("check", "largest", 400.0, "MiB in one process"),
    ("check", "together", 400.0, "MiB together"),
)
LINEAR = 12.0  # times the CPU for ten times the hosts


@dataclass(frozen=True)
class Run:
    """What one run of a playbook cost: seconds, MiB, and evaluations of the declaration."""

    cpu: float
    wall: float
    largest: float
    together: float
    evaluations: float

    def over(self, smaller: Run) -> list[float]:
        """Return by how much this is more, a factor for each figure."""
        return [mine / theirs for mine, theirs in zip(astuple(self), astuple(smaller))]


def family(pid: int) -> t.Iterator[int]:
    """Yield the ids of a process and of its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended meanwhile
        return
    for child in children:
        yield from family(int(child))


def proportional(pid: int) -> float:
    """Return the proportional memory of a process, in MiB; nothing where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


class Watch(threading.Thread):
    """Samples the memory of a process and its descendants until it is told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.pid, self.peak, self.ended = pid, 0.0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.5):
            self.peak = max(self.peak, sum(map(proportional, family(self.pid))))

    def end(self) -> float:
        """Return the peak, in MiB."""
        self.ended.set()
        self.join()
        return self.peak


def measured(fleet: Fleet, playbook: str) -> Run:
    """Run a playbook on a fleet; a failure ends the bench and shows the end of what was said."""
    log, begun = fleet.path / "log", time.monotonic()
    with log.open("w") as output:
        process = fleet.start(playbook, stdout=output)
    watch = Watch(process.pid)
    watch.start()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, together = time.monotonic() - begun, watch.end()
    if process.returncode:
        sys.exit(f"{log.read_text()[-4000:]}\n{playbook}.yml failed on {fleet.hosts} hosts")
    cpu, count = used.ru_utime + used.ru_stime, fleet.evaluations().total()
    return Run(cpu, seconds, used.ru_maxrss / 1024, together, count)


def compare(playbook: str, options: argparse.Namespace) -> dict[int, Run]:
    """Measure a playbook at each size, and show each run and how it compares to the one before."""
    sizes = options.hosts or SIZES[playbook]
    runs: dict[int, Run] = {}
    costs: dict[int, Counter[str]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="fleet-") as path:
            fleet = Fleet(Path(path), size, options.checkout, options.forks).build()
            runs[size], costs[size] = measured(fleet, playbook), fleet.costs()
        cpu, wall, *others = astuple(runs[size])
        shown = (f"{cpu:.1f}", f"{wall:.1f}", *(f"{each:.0f}" for each in others))
        print(ROW.format(playbook, f"{size:,}", *shown), flush=True)
    for size, larger in zip(sizes, sizes[1:]):
        times = (f"x {each:.1f}" for each in runs[larger].over(runs[size]))
        print(ROW.format(playbook, f"{larger:,}/{size:,}", *times), flush=True)
    for task, _seconds in costs[sizes[-1]].most_common(options.tasks):
        print(*(f"{costs[size][task]:9.2f}" for size in sizes), f" {task}", flush=True)
    return runs


def aims(runs: dict[str, dict[int, Run]]) -> t.Iterator[str]:
    """Yield a sentence for each aim that these runs can tell of."""
    for playbook, name, most, unit in AIMS:
        if run := runs.get(playbook, {}).get(1000):
            found = getattr(run, name)
            yield f"{playbook}.yml at 1,000 hosts: {found:.1f} of at most {most:g} {unit}"
    for playbook, sizes in runs.items():
        if {100, 1000} <= set(sizes):
            found = sizes[1000].cpu / sizes[100].cpu
            yield f"{playbook}.yml at 1,000 hosts: {found:.1f} of at most {LINEAR:g} times the CPU"


def main(arguments: t.Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the controller with many hosts.")
    parser.add_argument("--playbook", nargs="+", choices=SIZES, default=SIZES)
    parser.add_argument("--hosts", nargs="+", type=int, metavar="NUMBER")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="a clone of this repository")
    parser.add_argument("--forks", type=int, default=5, help="hosts at a time, as Ansible's own")
    parser.add_argument(
        "--tasks", type=int, default=0, metavar="NUMBER", help="shown with their CPU"
    )
    options = parser.parse_args(arguments)
    core = version("ansible-core")
    print(f"ansible-core {core}, {options.forks} forks, the collection in {options.checkout}")
    print(ROW.format(*HEADS), flush=True)
    runs = {playbook: compare(playbook, options) for playbook in options.playbook}
    for sentence in aims(runs):
        print(sentence)
    return 0


if __name__ == "__main__":
    sys.exit(main())
