# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the unit costs that probes 1,000 members and answers a real nginx."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.lookup.pool_agent import program
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool
from datapath import place

from . import stage
from .stage import Nginx, free_port, say

MEMBERS, SECONDS, CUT_AFTER = 1000, 20, 3
TICKS = os.sysconf("SC_CLK_TCK")
# The unit writes its report below /run, which no other process sees.
OWN_RUN = 'mount -t tmpfs none /run && mkdir /run/peerlb-pools && exec "$@"'


def measure(home: Path) -> None:
    """Say the CPU and memory of the unit, for probes by HTTP and by TCP."""
    for kind in ("http", "tcp"):
        _measure(home / kind, {"type": kind})


def _measure(home: Path, health: dict[str, t.Any]) -> None:
    port, front, asked = free_port(), f"127.0.0.1:{free_port()}", free_port()
    members = [f"127.3.{n // 250}.{n % 250 + 1}:{port}" for n in range(MEMBERS)]
    pool = stage.pool("web", members, health=health)
    server = f"server {{ {''.join(f'listen {member};' for member in members)} return 200; }}"
    nginx = Nginx(home / "nginx", 1, {front: pool}, unit_port=asked, http=server)
    what = f"unit, {MEMBERS:,} members probed by {health['type']}"
    with nginx.running(front), running(home / "root", pool, asked) as pid:
        began = time.monotonic()
        report = Path(f"/proc/{pid}/root/run/peerlb-pools/report.json")
        settle(report)
        begun = f"{sum(cpu(pid)) / 1e6:.1f} s of CPU in {time.monotonic() - began:.0f} s"
        say(f"{what}, until all are good", begun)
        time.sleep(2)
        before, began = cpu(pid), time.monotonic()
        time.sleep(SECONDS)
        share = 1e4 * (time.monotonic() - began)
        own, commands = ((b - a) / share for a, b in zip(before, cpu(pid)))
        told, held = json.loads(report.read_text()), memory(pid)
    if told["errors"]:
        sys.exit(f"the unit says: {told['errors']}")
    age = told["at"] - told["pools"]["web"]["taken"].get("http", 0)
    say("  then, all of it (aim 10), for the command ss alone",
        f"{own + commands:.1f} % of a core, {commands:.1f} %")  # fmt: skip
    say("  RSS, and when nginx last asked", f"{held:.0f} MiB, {age:.1f} s before the report")


def settle(report: Path) -> None:
    """Wait until all members are good; the benchmark ends if they are not within a minute."""
    for _each in range(600):
        time.sleep(0.1)
        if report.exists():
            members = json.loads(report.read_text())["pools"]["web"]["members"].values()
            if all(member["state"] == "good" for member in members):
                return
    sys.exit(f"not all members are good: {report.read_text()[:1000]}")


@contextlib.contextmanager
def running(root: Path, pool: Pool, port: int) -> t.Iterator[int]:
    """Run the unit as systemd does; yield its process id."""
    release = root / "releases/measured"
    for name, text in program().items():
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text(text)
    state = {"pools": [pool.params()], "overrides": {}}
    (release / "state.json").write_text(json.dumps(state))
    (root / "current").symlink_to("releases/measured")
    arguments = [root / "current/agent", root, "dns", port, CUT_AFTER]
    python = ["/usr/bin/python3", "-I", "-B", *map(str, arguments)]
    with (root / "output").open("w") as output:
        command = ["unshare", "--mount", "sh", "-c", OWN_RUN, "sh", *python]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(10)


def cpu(pid: int) -> tuple[float, float]:
    """Return the microseconds of CPU of the unit, and of the commands that it has run."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return place.cpu([pid]), (int(fields[13]) + int(fields[14])) / TICKS * 1e6


def memory(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    found = re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[0]) / 1024
