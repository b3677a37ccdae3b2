# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes of the lab. Each lives in a control group that bears the lab's name.

So they can all be found, and ended at once, without a word of what the lab's commands remember.
"""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import typing as t
from pathlib import Path

from .names import PREFIX
from .run import LabError, run, wait_until

BUILD = PREFIX + "build"  # what makes root file systems and images
MIRROR = PREFIX + "mirror"
NETNS = Path("/run/netns")
JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


def hierarchies() -> list[Path]:
    """Return where control groups are mounted; the unified hierarchy first."""
    found: list[Path] = []
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _device, where, kind = line.split()[:3]
        if kind == "cgroup2":
            found.insert(0, Path(where))
        elif kind == "cgroup":
            found.append(Path(where))
    return found


def group(name: str) -> Path:
    return hierarchies()[0] / name


def groups() -> list[str]:
    """Return the lab's control groups, with or without processes."""
    return sorted({path.name for root in hierarchies() for path in root.glob(PREFIX + "*")})


def alive(name: str) -> bool:
    """Tell whether a group has processes."""
    try:
        return "populated 1" in (group(name) / "cgroup.events").read_text(encoding="ascii")
    except OSError:
        return False


def end_builders() -> None:
    """End what a killed command left at work on the cache."""
    for name in groups():
        if name.startswith(BUILD):
            end(name)


def within(name: str, argv: t.Sequence[str | Path]) -> list[str]:
    """Return argv as a command that first joins the group."""
    path = group(name)
    path.mkdir(exist_ok=True)
    return ["sh", "-c", JOIN, str(path), *(str(word) for word in argv)]


def start(name: str, argv: t.Sequence[str | Path], log: Path, env: dict | None = None) -> None:
    """Start a program in the background, in a group and session of its own."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            within(name, argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, **(env or {})},
            cwd="/",
        )
    wait_until(lambda: alive(name) or started.poll() is not None, 10, 0.005)


def end(name: str) -> None:
    """End all processes of a group at once, as a power cut does, and remove the group."""
    if alive(name):
        (group(name) / "cgroup.kill").write_text("1", encoding="ascii")
        if not wait_until(lambda: not alive(name), 20, 0.01):
            raise LabError(f"processes of {name} do not end")
    for root in hierarchies():
        for path, _dirs, _files in os.walk(root / name, topdown=False):
            wait_until(functools.partial(_removed, path), 2, 0.01)


def _removed(path: str) -> bool:
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def supervisor(name: str) -> int | None:
    """Return the process id of systemd-nspawn in a host's group."""
    try:
        pids = (group(name) / "supervisor" / "cgroup.procs").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(pids[0]) if pids else None


def namespaces() -> list[str]:
    """Return the network namespaces that bear the lab's name."""
    return sorted(path.name for path in NETNS.glob(PREFIX + "*"))


def end_namespaces(*names: str) -> None:
    """End what runs in these network namespaces (ssh's nc, a shell), and remove them.

    Without names: in all of the lab's.
    """
    paths = [NETNS / name for name in names or namespaces()]
    inodes = {path.stat().st_ino for path in paths if path.exists()}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "ns/net").stat().st_ino in inodes and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # gone in the meantime
    for path in paths:
        run("ip", "netns", "delete", path.name, check=False)
        path.unlink(missing_ok=True)  # one whose making was cut short is a plain file
