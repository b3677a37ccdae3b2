# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure sysbench oltp_read_only through the load balancer against asking MySQL directly (root).

    benchmarks/database.py [--rounds 5] [--seconds 6]

The lab must be up, and deployed with -e '{"mysql_config": {"require_secure_transport": false}}',
as sysbench speaks no TLS without a certificate of its own. "through" runs in the namespace of a
web server, "direct" in the load balancer's; each round measures each once, and the table shows
medians of transactions and rows a second. Twice: first everything shares all cores of this
machine, so that nginx's work is taken from MySQL's, as on no real site; then the database host
has half of the cores to itself and the load balancer shares the others with the client.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The lab is not installed: it is the clone's.
sys.path.insert(0, str(ROOT))
procs = importlib.import_module("lab.procs")

# From which namespace, to which address.
WAYS = {"through": ("peerlb-web1", "10.0.0.2"), "direct": ("peerlb-lb1", "10.2.0.2")}
RANGES = (100, 1000)  # rows; the work of one query
SETTINGS = """mysql-user=webapp
mysql-db=webapp
mysql-password={password}
tables=2
table-size=10000
threads=8
"""


def password() -> str:
    """Return the application's, as the inventory gives it or the lab made it."""
    asked = [str(Path(sys.executable).parent / "ansible-inventory"), "--host", "web1"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    value = json.loads(done.stdout)["webapp_mysql_password"]
    if "{{" not in value:
        return str(value)
    return (ROOT / ".lab/secrets/webapp_mysql_password").read_text().split()[0]


def place(host: str, cores: t.Collection[int]) -> None:
    """Let the processes of a host run on these cores only, and what they start."""
    for path in procs.group(host).rglob("cgroup.threads"):
        with contextlib.suppress(OSError):  # a group that ended, a kind that lists none
            for thread in path.read_text(encoding="ascii").split():
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread), cores)


@contextlib.contextmanager
def cores_of_its_own(host: str) -> t.Iterator[None]:
    """Give the host the first half of the cores, and leave this process and the others the rest."""
    every = sorted(os.sched_getaffinity(0))
    half = len(every) // 2
    others = [each for each in procs.groups() if each != host]
    try:
        place(host, every[:half])
        for name in others:
            place(name, every[half:])
        os.sched_setaffinity(0, every[half:])
        yield
    finally:
        os.sched_setaffinity(0, every)
        for name in (host, *others):
            place(name, every)


def sysbench(way: str, settings: Path, *words: str) -> str:
    namespace, address = WAYS[way]
    command = ["ip", "netns", "exec", namespace, "sysbench", f"--config-file={settings}"]
    arguments = [f"--mysql-host={address}", "oltp_read_only", *words]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\nsysbench: rc {done.returncode}")
    return done.stdout


def compare(settings: Path, args: argparse.Namespace, cores: str) -> None:
    for size in RANGES:
        found: dict[str, list[float]] = {way: [] for way in WAYS}
        for _round in range(args.rounds):
            for way, values in found.items():
                words = (f"--time={args.seconds}", f"--range-size={size}")
                text = sysbench(way, settings, "run", *words)
                values += map(float, re.findall(r"transactions:\s+\d+\s+\(([\d.]+) per sec", text))
        tps = {way: statistics.median(values) for way, values in found.items()}
        rows = 3 * size + 11  # of a transaction: ten single ones, three ranges, the sum of one
        print(
            f"{cores:<10} {size:>6} {tps['through']:>9.0f} {tps['direct']:>9.0f}"
            f" {tps['through'] * rows:>12,.0f} {tps['direct'] * rows:>12,.0f}"
            f" {tps['through'] / tps['direct']:>8.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    args = parser.parse_args()
    # In a file of mode 0600: a password in the arguments is everybody's.
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(SETTINGS.format(password=password()))
        file.flush()
        settings = Path(file.name)
        sysbench("through", settings, "prepare")
        print("sysbench oltp_read_only, in transactions and rows a second")
        print("cores      ranges   through    direct   rows through  rows direct    ratio")
        try:
            compare(settings, args, "shared")
            if len(os.sched_getaffinity(0)) > 1:
                with cores_of_its_own("peerlb-db1"):
                    compare(settings, args, "of its own")
        finally:
            sysbench("through", settings, "cleanup")


if __name__ == "__main__":
    main()
