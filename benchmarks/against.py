# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare this checkout with a former commit: both deploy the lab, in one run on one machine.

    benchmarks/against.py [COMMIT]      the default is the commit before services became releases

The former commit deploys bare hosts, is run again, and sets weights. Then this checkout takes over
what it has deployed, under load. Last, this checkout does the same on bare hosts. Figures are
ratios of new to old, because machines are noisy.
"""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
FORMER = "c0a92ba"
CACHE = ROOT / ".cache" / "against"
RERUNS = 3
LOAD = ROOT / "molecule/operate/load.py"
URL = "http://10.0.0.2"


@dataclass(frozen=True)
class Run:
    """One playbook: seconds of wall time, seconds of CPU of the controller, and its output."""

    wall: float
    cpu: float
    output: str


def lab(word: str) -> None:
    """Make or remove the lab."""
    subprocess.run([sys.executable, "-m", "lab", word], cwd=ROOT, check=True)


def unpacked(commit: str) -> Path:
    """Return a directory with the collection of a commit, where Ansible finds it."""
    collection = CACHE / commit / "ansible_collections/peerlb/stack"
    if not collection.exists():
        collection.mkdir(parents=True)
        packed = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x", "-C", collection], input=packed.stdout, check=True)
    return collection


def play(collection: Path, playbook: str, *arguments: str) -> Run:
    """Run a playbook of a collection with this checkout's inventory of the lab."""
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    if collection != ROOT:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(collection.parents[2])
    inventory = str(ROOT / "inventories/lab")
    command = [str(PLAYBOOK), "-i", inventory, str(collection / playbook), *arguments]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{done.stdout[-4000:]}\n{playbook} of {collection} failed")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, done.stdout)


def measure(collection: Path) -> dict[str, t.Any]:
    """Deploy bare hosts, run again, and set weights; return the figures."""
    lab("down")
    lab("up")
    first = play(collection, "playbooks/site.yml")
    again = [play(collection, "playbooks/site.yml") for _each in range(RERUNS)]
    weights = [
        play(collection, "playbooks/set_weights.yml", "-e", f"weights=web1={number + 2}")
        for number in range(RERUNS)
    ]
    play(collection, "playbooks/set_weights.yml", "-e", "weights=inventory")
    return {
        "first site.yml, wall": first.wall,
        "first site.yml, CPU": first.cpu,
        "converged site.yml, wall": statistics.median(run.wall for run in again),
        "converged site.yml, CPU": statistics.median(run.cpu for run in again),
        "set_weights, wall": statistics.median(run.wall for run in weights),
        "set_weights, CPU": statistics.median(run.cpu for run in weights),
        "tasks": tasks(again[-1].output),
    }


def tasks(output: str) -> dict[str, str]:
    """Return how many tasks each host was asked: {"lb1": "8 (changed 0, skipped 3)"}."""
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    pattern = r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+).*?skipped=(\d+)"
    return {
        host: f"{ok} (changed {changed}, skipped {skipped})"
        for host, ok, changed, skipped in re.findall(pattern, output, re.MULTILINE)
    }


def load(path: str, rate: int, seconds: int) -> subprocess.Popen[str]:
    """Send GETs from the lab's client, bounded in rate and time."""
    command = [sys.executable, LOAD, URL + path, "--rate", rate, "--seconds", seconds]
    inside = ["ip", "netns", "exec", "peerlb-client", *map(str, command), "--connections", "12"]
    return subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)


def take_over() -> None:
    """Deploy over what the former commit has deployed, under load, and tell what was lost."""
    loads = {"GETs": load("/status/200", 60, 150), "GETs with MySQL": load("/connection", 20, 150)}
    took = play(ROOT, "playbooks/site.yml")
    print(f"taken over in {took.wall:.0f} s; {tasks(took.output)}")
    for name, process in loads.items():
        found = json.loads(process.communicate()[0])
        print(f"  {name}: {found['failed']} of {found['sent']} failed {found['lost'] or ''}")


def yaml_lines(collection: Path) -> int:
    """Return how many lines of YAML the roles have."""
    return sum(len(path.read_text().splitlines()) for path in collection.glob("roles/**/*.yml"))


def main(arguments: list[str]) -> int:
    former = unpacked(arguments[0] if arguments else FORMER)
    old = measure(former)
    take_over()
    new = measure(ROOT)
    for name, figure in old.items():
        if name != "tasks":
            print(f"{name:<28} {figure:7.1f} s -> {new[name]:7.1f} s  {new[name] / figure:5.2f}")
    print(f"tasks, before: {old['tasks']}")
    print(f"tasks, now:    {new['tasks']}")
    before, now = yaml_lines(former), yaml_lines(ROOT)
    print(f"{'lines of YAML in the roles':<28} {before:7} -> {now:7}  {now / before:5.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
