# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what a change of a weight costs: the module's own work, and the controller's.

    benchmarks/operate.py                     both, with the medians of 5 runs
    benchmarks/operate.py --checkout PATH     the collection in another clone
    benchmarks/operate.py --rounds 1

The module's own work is what it computes for a pool of that many members: it reads the inputs of
the live release, sets a weight, and makes the new release. Figures are seconds of CPU. The load
balancers of the controller's part are those of tests/support/fleet: modules are not executed, and
nothing is sent, so that the figures are Ansible's own. "tasks" are the results of the recap, those
that were skipped among them.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.fleet.fleet import Fleet

MEMBERS = (1000, 5000)
MOST_CPU = {1000: 0.3, 5000: 1.5}  # seconds
BALANCERS = (1, 10)
MOST_TIMES = 1.5  # the cost with ten load balancers against that with one
CHANGE = ("set_weights", "-e", "weights=web1=3,web2=1")
ROW = "{:<34} {:>8} {:>8} {:>6} {:>8}"


def module_work(members: int) -> float:
    """Return the CPU seconds of a change of one weight in a pool of this many members."""
    from ansible_collections.peerlb.stack.plugins.module_utils._balancer.inputs import Inputs

    hosts = [
        {"name": f"web{at}", "address": f"10.1.{at // 250}.{at % 250 + 1}", "port": 3000}
        for at in range(members)
    ]
    pools, listeners = [{"name": "webapp", "members": hosts}], [{"port": 80, "pool": "webapp"}]
    live = Inputs.parse({"nginx.conf": "events {}\n"}, pools, listeners, "1.30.6").release()
    begun = time.process_time()
    changed = Inputs.of(live).with_changes("", {"web1": {"weight": 3}}, {"by": "ada"})
    changed.release()
    changed.effective_pools()
    changed.differences()
    return time.process_time() - begun


def controller_work(balancers: int, checkout: Path) -> tuple[float, float, int, int]:
    """Return what set_weights costs: seconds of CPU, seconds, tasks, and how many are skipped."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as place:
        fleet = Fleet(Path(place), 30, checkout, spares=balancers - 1).build()
        begun, log = time.monotonic(), fleet.path / "log"
        with log.open("w") as output:
            process = fleet.start(*CHANGE, stdout=output)
            _pid, status, used = os.wait4(process.pid, 0)
        seconds, said = time.monotonic() - begun, log.read_text()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{said[-4000:]}\nset_weights failed on {balancers} load balancers")
    executed, skipped = (
        sum(map(int, re.findall(rf"\s{word}=(\d+)", said))) for word in ("ok", "skipped")
    )
    return used.ru_utime + used.ru_stime, seconds, executed + skipped, skipped


def show_members(rounds: int) -> None:
    """Show the module's own work for each number of members, and how it grows."""
    found = {
        size: statistics.median(module_work(size) for _each in range(rounds)) for size in MEMBERS
    }
    for size, cpu in found.items():
        print(ROW.format(f"module, {size:,} members", f"{cpu:.2f}", "", "", ""), end="")
        print(f"  of at most {MOST_CPU[size]:g} s")
    few, many = MEMBERS
    print(ROW.format(f"{many:,}/{few:,}", f"x {found[many] / found[few]:.1f}", "", "", ""), end="")
    print(f"  {many // few} is linear", flush=True)


def show_balancers(rounds: int, checkout: Path) -> None:
    """Show what set_weights costs the controller for each number of load balancers."""
    runs: dict[int, list[tuple[float, float, int, int]]] = {size: [] for size in BALANCERS}
    for _each in range(rounds):  # in turn, so that what else this machine does falls on all
        for size in BALANCERS:
            runs[size].append(controller_work(size, checkout))
    found = {size: [statistics.median(each) for each in zip(*runs[size])] for size in BALANCERS}
    for size, (cpu, wall, tasks, skipped) in found.items():
        name = f"set_weights, {size} load balancer{'s' * (size > 1)}"
        print(ROW.format(name, f"{cpu:.2f}", f"{wall:.2f}", f"{tasks:g}", f"{skipped:g}"))
    one, ten = (found[size] for size in BALANCERS)
    times = (f"x {mine / theirs:.2f}" for mine, theirs in zip(ten[:2], one[:2]))
    print(ROW.format("10/1", *times, "", ""), f" of at most {MOST_TIMES:g}")


def main(arguments: t.Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure what a change of a weight costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="a clone of this repository")
    options = parser.parse_args(arguments)
    print(ROW.format("", "CPU", "wall", "tasks", "skipped"), flush=True)
    show_members(options.rounds)
    show_balancers(options.rounds, options.checkout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
