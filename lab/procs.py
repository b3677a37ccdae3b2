# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The processes of the lab. Each runs in a control group whose name begins with PREFIX.

So "down" finds and ends all of them, even those of a command that was killed.
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

BUILD = PREFIX + "build"  # the programs that build root file systems and images
MIRROR = PREFIX + "mirror"
NETNS = Path("/run/netns")
JOIN = 'echo $$ > "$0/cgroup.procs" && exec "$@"'


def hierarchies() -> list[Path]:
    """Return where control groups are mounted, the unified hierarchy (cgroup2) first."""
    found: list[Path] = []
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _device, where, kind = line.split()[:3]
        if kind == "cgroup2":
            found.insert(0, Path(where))
        elif kind == "cgroup":
            found.append(Path(where))
    return found


def group(name: str) -> Path:
    """Return the path of a control group in the unified hierarchy."""
    return hierarchies()[0] / name


def groups() -> list[str]:
    """Return the names of the lab's control groups, with or without processes."""
    return sorted({path.name for root in hierarchies() for path in root.glob(PREFIX + "*")})


def alive(name: str) -> bool:
    """Return whether a control group has processes."""
    try:
        return "populated 1" in (group(name) / "cgroup.events").read_text(encoding="ascii")
    except OSError:
        return False


def end_builders() -> None:
    """End builders that outlived a killed command."""
    for name in groups():
        if name.startswith(BUILD):
            end(name)


def in_group(name: str, argv: t.Sequence[str | Path]) -> list[str]:
    """Return a command that joins the control group and then runs *argv*."""
    path = group(name)
    path.mkdir(exist_ok=True)
    return ["sh", "-c", JOIN, str(path), *(str(word) for word in argv)]


def start(name: str, argv: t.Sequence[str | Path], log: Path, env: dict | None = None) -> None:
    """Start a program in the background, in its own control group and session."""
    with log.open("ab") as out:
        started = subprocess.Popen(
            in_group(name, argv),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, **(env or {})},
            cwd="/",
        )
    wait_until(lambda: alive(name) or started.poll() is not None, 10, 0.005)


def end(name: str) -> None:
    """Kill all processes of a control group at once, as a power cut does, and remove the group."""
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
    """Return the process id of a host's systemd-nspawn, or None if the host is off."""
    try:
        pids = (group(name) / "supervisor" / "cgroup.procs").read_text(encoding="ascii").split()
    except OSError:
        return None
    return int(pids[0]) if pids else None


def namespaces() -> list[str]:
    """Return the names of the lab's network namespaces."""
    return sorted(path.name for path in NETNS.glob(PREFIX + "*"))


def end_namespaces(*names: str) -> None:
    """Kill the processes in these network namespaces (ssh's nc, a shell) and remove the namespaces.

    Without names, do so for all namespaces of the lab.
    """
    paths = [NETNS / name for name in names or namespaces()]
    inodes = {path.stat().st_ino for path in paths if path.exists()}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "ns/net").stat().st_ino in inodes and int(entry.name) != os.getpid():
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # the process has ended meanwhile
    for path in paths:
        run("ip", "netns", "delete", path.name, check=False)
        path.unlink(missing_ok=True)  # an interrupted "ip netns add" leaves a plain file
