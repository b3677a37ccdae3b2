# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure the stack on the lab. Figures are ratios or medians: machines are noisy.

    scripts/bench.py            all of it
    scripts/bench.py PART...    stack: from bare hosts; database: sysbench through the balancer;
                                balancer: requests a second; verification: probes of one host;
                                model: the proof of a thousand hosts; gcp: reading a cloud project;
                                audit: judging one

The stack is deployed on bare hosts, so what the lab holds is gone afterwards.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PLAYBOOK = Path(PYTHON).parent / "ansible-playbook"
RERUNS = 3
ROUNDS = 5  # of sysbench, each way
SECONDS = 8
# From which namespace, to which address.
WAYS = {"through": ("peerlb-web1", "10.0.0.2"), "direct": ("peerlb-lb1", "10.2.0.2")}


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


def secret(name: str) -> str:
    """Ask the inventory for a variable of the database host."""
    asked = [str(PLAYBOOK.parent / "ansible-inventory"), "--host", "web1"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    value = json.loads(done.stdout)[name]
    if "{{" not in value:
        return str(value)
    return (ROOT / ".lab" / "secrets" / name).read_text().split()[0]


def sysbench(namespace: str, address: str, settings: Path, *words: str) -> str:
    command = ["ip", "netns", "exec", namespace, "sysbench", f"--config-file={settings}"]
    arguments = [f"--mysql-host={address}", "oltp_read_only", *words]
    return measured(*command, *arguments).output


def transactions(output: str) -> float:
    """Return the transactions per second."""
    return float(re.findall(r"transactions:\s+\d+\s+\(([\d.]+) per sec", output)[0])


def database() -> None:
    """The same load in turn: from a web server through nginx, from the load balancer itself."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as settings:
        # In a file of mode 0600: a password in the arguments is everybody's.
        settings.write(f"mysql-password={secret('webapp_mysql_password')}\n")
        settings.write("mysql-user=webapp\nmysql-db=webapp\ntables=2\ntable-size=10000\n")
        settings.write(f"threads=8\ntime={SECONDS}\n")
        settings.flush()
        path = Path(settings.name)
        sysbench(*WAYS["through"], path, "prepare")
        try:
            for range_size in (100, 1000):
                compare(path, range_size)
        finally:
            sysbench(*WAYS["through"], path, "cleanup")


def compare(settings: Path, range_size: int) -> None:
    """Say the medians of oltp_read_only, each transaction of which asks for four such ranges."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for _round in range(ROUNDS):
        for way, where in WAYS.items():
            output = sysbench(*where, settings, "run", f"--range-size={range_size}")
            found[way].append(transactions(output))
    medians = {way: statistics.median(runs) for way, runs in found.items()}
    rows = 3 * range_size + 11  # ten single rows, three ranges, and the sum of one
    for way, median in medians.items():
        what = f"sysbench oltp_read_only, ranges of {range_size}, {way}"
        say(what, f"{median:.0f} tps, {median * rows:,.0f} rows/s")
    say("through the load balancer / direct", f"{medians['through'] / medians['direct']:.2f}")


def other(name: str) -> t.Callable[[], None]:
    """A part that is a script of its own, which says its figures itself."""

    def part() -> None:
        subprocess.run([PYTHON, ROOT / "scripts" / name], cwd=ROOT, check=True)

    return part


PARTS: dict[str, t.Callable[[], None]] = {
    "stack": stack,
    "database": database,
    "balancer": other("bench_lb.py"),
    "verification": other("bench_verify.py"),
    "model": other("bench_model"),
    "gcp": other("bench_gcp.py"),
    "audit": other("bench_audit.py"),
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
