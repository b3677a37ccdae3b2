# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose the lab is, what it changed on the machine, and how all of it goes away."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
import typing as t
from pathlib import Path

from . import procs
from .fabric import FORWARDING
from .names import CACHE, CLONE, DISKS, LOCK, ROOT_LINK, STATE
from .run import LabError, run, step, wait_until

FILE = STATE / "state.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@contextlib.contextmanager
def lock(seconds: float = 0) -> t.Iterator[None]:
    """Let one command change the lab at a time, on the whole machine."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+", encoding="utf-8") as file:
        end = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    file.seek(0)
                    raise LabError(f"another command works on the lab: {file.read()}") from None
                time.sleep(0.2)
        file.truncate(0)
        file.write(f"process {os.getpid()}, in {CLONE}")
        file.flush()
        yield


def load() -> dict:
    """Return owner, phase (starting, up), boot and saved; empty when there is no lab."""
    try:
        return json.loads(FILE.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def save(phase: str, saved: dict[str, str]) -> None:
    STATE.mkdir(parents=True, exist_ok=True)
    fresh = FILE.with_suffix(".new")
    state = {"owner": str(CLONE), "phase": phase, "boot": _boot_id(), "saved": saved}
    fresh.write_text(json.dumps(state), encoding="utf-8")
    fresh.replace(FILE)


def remember(outside: str) -> dict[str, str]:
    """Return what the lab will change on the machine, as it is now: values by path."""
    forwarding = Path(FORWARDING.format(outside))
    mounted = os.path.ismount(procs.NETNS)
    return {str(forwarding): forwarding.read_text(encoding="ascii"), "netns": str(int(mounted))}


def living() -> bool:
    """Tell whether a lab is up on this machine: finished, and some of its processes there."""
    names = [name for name in procs.groups() if not name.startswith(procs.BUILD)]
    return load().get("phase") == "up" and any(procs.alive(name) for name in names)


def stranger() -> str:
    """Return the clone that a living lab belongs to, if that is another one that still exists."""
    owner = load().get("owner", "")
    return owner if living() and owner != str(CLONE) and Path(owner).is_dir() else ""


def refuse_stranger() -> None:
    owner = stranger()
    if owner:
        raise LabError(
            f"the lab on this machine is up and belongs to {owner};"
            " take it down there, or here with: python -m lab down --force"
        )


def remains() -> list[str]:
    """Return what of a lab is on this machine; empty after "down"."""
    found = [f"control group {name}" for name in procs.groups()]
    found += [f"namespace {name}" for name in procs.namespaces()]
    found += [f"link {ROOT_LINK}"] if Path("/sys/class/net", ROOT_LINK).exists() else []
    found += ["nft table ip peerlb"] if "table ip peerlb" in _tables() else []
    found += [f"mount {path}" for path in _mounts()]
    found += [str(path) for path in (DISKS, STATE) if path.exists()]
    return found


def tear_down() -> None:
    """Remove every trace, however much or little of a lab there is."""
    found = remains()
    if not found:
        return
    with step(f"removed the lab: {len(found)} things"):
        for name in procs.groups():
            procs.end(name)
        for path in _mounts():
            run("umount", "--lazy", path)
        procs.end_namespaces()
        # Unchecked: the link vanishes with its other end, in the kernel's own time.
        run("ip", "link", "delete", ROOT_LINK, check=False)
        run("nft", "delete", "table", "ip", "peerlb", check=False)
        _restore(load())
        shutil.rmtree(DISKS, ignore_errors=True)
        shutil.rmtree(STATE, ignore_errors=True)
    if not wait_until(lambda: not remains(), 5):
        raise LabError("could not remove " + ", ".join(remains()))


def _restore(state: dict) -> None:
    if state.get("boot") != _boot_id():
        return  # the machine was restarted: nothing of that is in force
    saved = dict(state.get("saved", {}))
    if saved.pop("netns", "1") == "0" and not any(procs.NETNS.iterdir()):
        run("umount", procs.NETNS, check=False)
    for path, value in saved.items():
        with contextlib.suppress(FileNotFoundError):  # an interface that is gone
            Path(path).write_text(value, encoding="ascii")


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def _tables() -> list[str]:
    return run("nft", "list", "tables", check=False).splitlines()


def _mounts() -> list[str]:
    """Return mounts below the lab's directories, the innermost first."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    paths = [line.split()[1] for line in lines]
    return [p for p in reversed(paths) if Path(p).is_relative_to(DISKS) or _cached(p)]


def _cached(path: str) -> bool:
    return Path(path).is_relative_to(CACHE) and path != str(CACHE)
