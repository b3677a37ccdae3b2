# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's state on this machine: its owner, the settings that it changed, and their removal."""

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
    """Let one command at a time change the lab. LabError names the other after *seconds*."""
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
    """Return the state file's content, empty if there is no lab.

    Example: {"owner": "/home/me/clone", "phase": "starting" or "up", "boot": "…", "saved": {…}}
    """
    try:
        return json.loads(FILE.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def save(phase: str, saved: dict[str, str]) -> None:
    """Write the state file, with this clone as the owner."""
    STATE.mkdir(parents=True, exist_ok=True)
    fresh = FILE.with_suffix(".new")
    state = {"owner": str(CLONE), "phase": phase, "boot": _boot_id(), "saved": saved}
    fresh.write_text(json.dumps(state), encoding="utf-8")
    fresh.replace(FILE)


def changed_settings(interface: str) -> dict[str, str]:
    """Return the present values of this machine's settings that the lab will change, by path.

    "netns" is "1" if the directory of network namespaces is a mount already.
    """
    forwarding = Path(FORWARDING.format(interface))
    mounted = os.path.ismount(procs.NETNS)
    return {str(forwarding): forwarding.read_text(encoding="ascii"), "netns": str(int(mounted))}


def is_up() -> bool:
    """Return whether a lab is up on this machine: "up" has finished and processes of it run."""
    names = [name for name in procs.groups() if not name.startswith(procs.BUILD)]
    return load().get("phase") == "up" and any(procs.alive(name) for name in names)


def other_clone() -> str:
    """Return the path of another clone if the running lab belongs to it, else ""."""
    owner = load().get("owner", "")
    return owner if is_up() and owner != str(CLONE) and Path(owner).is_dir() else ""


def refuse_other_clone() -> None:
    """Raise LabError if the running lab belongs to another clone."""
    owner = other_clone()
    if owner:
        raise LabError(
            f"the lab on this machine is up and belongs to {owner};"
            " take it down there, or here with: python -m lab down --force"
        )


def remains() -> list[str]:
    """Return all parts of a lab on this machine, such as ["namespace peerlb-web1"].

    The list is empty after "down".
    """
    found = [f"control group {name}" for name in procs.groups()]
    found += [f"namespace {name}" for name in procs.namespaces()]
    found += [f"link {ROOT_LINK}"] if Path("/sys/class/net", ROOT_LINK).exists() else []
    found += ["nft table ip peerlb"] if "table ip peerlb" in _tables() else []
    found += [f"mount {path}" for path in _mounts()]
    found += [str(path) for path in (DISKS, STATE) if path.exists()]
    return found


def tear_down() -> None:
    """Remove all parts of a lab, complete or not."""
    found = remains()
    if not found:
        return
    with step(f"removed the lab: {len(found)} things"):
        for name in procs.groups():
            procs.end(name)
        for path in _mounts():
            run("umount", "--lazy", path)
        procs.end_namespaces()
        # These two may fail: the kernel removes the link with its other end, sooner or later.
        run("ip", "link", "delete", ROOT_LINK, check=False)
        run("nft", "delete", "table", "ip", "peerlb", check=False)
        _restore(load())
        shutil.rmtree(DISKS, ignore_errors=True)
        shutil.rmtree(STATE, ignore_errors=True)
    if not wait_until(lambda: not remains(), 5):
        raise LabError("could not remove " + ", ".join(remains()))


def _restore(state: dict) -> None:
    if state.get("boot") != _boot_id():
        return  # the machine has restarted, so it has its own settings again
    saved = dict(state.get("saved", {}))
    if saved.pop("netns", "1") == "0" and not any(procs.NETNS.iterdir()):
        run("umount", procs.NETNS, check=False)
    for path, value in saved.items():
        with contextlib.suppress(FileNotFoundError):  # the interface no longer exists
            Path(path).write_text(value, encoding="ascii")


def _boot_id() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def _tables() -> list[str]:
    return run("nft", "list", "tables", check=False).splitlines()


def _mounts() -> list[str]:
    """Return the mounts below the lab's directories, the innermost first."""
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    paths = [line.split()[1] for line in lines]
    return [p for p in reversed(paths) if Path(p).is_relative_to(DISKS) or _cached(p)]


def _cached(path: str) -> bool:
    return Path(path).is_relative_to(CACHE) and path != str(CACHE)
