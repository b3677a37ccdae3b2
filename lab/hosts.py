# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts of the lab: booted Debian systems, each with a disk of its own over a shared root."""

from __future__ import annotations

import json
import os
import shutil
import signal
import typing as t
import uuid
from pathlib import Path

from . import cache, debian, procs
from .fabric import inside
from .links import Link
from .names import DISKS, PREFIX, PRIVATE, UPLINK_ROOT
from .plan import Plan
from .run import LabError, run, step, wait_until

SUITE = "trixie"
HOSTS = DISKS / "hosts"
KEY = PRIVATE / "id_ed25519"
OPS = 1000
BIND = ("/var/lib/docker", "/var/lib/containerd")  # overlayfs does not stack on an overlay root
# In a mount namespace of its own, so that no mount of the lab is ever seen outside of it.
BOOT = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" || exit
shift 2
while systemd-nspawn "$@"; [ $? -eq 133 ]; do :; done  # 133: the host asks for a reboot
"""


def root_file_system() -> Path:
    """Return the cached root file system of all hosts, made if need be."""

    def build(target: Path) -> None:
        debian.bootstrap("host", SUITE, "minbase", target, "--skip=cleanup/apt")

    return cache.ensure(root_path(), build)


def root_path() -> Path:
    return cache.path("host", debian.recipe("host", SUITE))


def roots_in_use() -> set[str]:
    """Return the names of the root file systems that disks lie over."""
    specs = (_read(path) for path in HOSTS.glob("*/disk.json"))
    return {Path(spec["root"]).name for spec in specs}


def private_key() -> Path:
    """Return the key that opens every host, made if need be."""
    PRIVATE.mkdir(mode=0o700, exist_ok=True)
    if not KEY.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "peerlb-lab", "-f", KEY)
    return KEY.with_suffix(".pub")


def disk(link: Link, root: Path) -> Path:
    """Return the host's disk; a new one if it has none, or one that another key opens."""
    path = HOSTS / link.name
    wanted = {"address": link.address, "key": private_key().read_text(encoding="ascii")}
    spec = _read(path / "disk.json")
    if {key: spec.get(key) for key in wanted} == wanted:
        return path
    procs.end(link.namespace)
    shutil.rmtree(path, ignore_errors=True)
    for part in ("work", "root", *(_place(bind) for bind in BIND)):
        (path / part).mkdir(parents=True)
    _write_identity(link, path / "upper", wanted["key"])
    spec = {**wanted, "root": str(root)}
    (path / "disk.json").write_text(json.dumps(spec), encoding="utf-8")
    return path


def _read(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def _place(bind: str) -> str:
    return bind.strip("/").replace("/", "-")


def _write_identity(link: Link, upper: Path, key: str) -> None:
    files = {
        "etc/hostname": f"{link.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {link.name}\n::1 localhost\n",
        "etc/machine-id": f"{uuid.uuid4().hex}\n",
        "etc/resolv.conf": f"nameserver {UPLINK_ROOT}\n",
        "home/ops/.ssh/authorized_keys": key,
    }
    for name, text in files.items():
        (upper / name).parent.mkdir(parents=True, exist_ok=True)
        (upper / name).write_text(text, encoding="ascii")
    (upper / "etc/ssh").mkdir()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", link.name,
        "-f", upper / "etc/ssh/ssh_host_ed25519_key")  # fmt: skip
    for path in ("home/ops", "home/ops/.ssh", "home/ops/.ssh/authorized_keys"):
        os.chown(upper / path, OPS, OPS)
        (upper / path).chmod(0o600 if path.endswith("keys") else 0o700)


def made(link: Link) -> bool:
    return (HOSTS / link.name / "disk.json").exists() and link.namespace in procs.namespaces()


def running(link: Link) -> bool:
    return procs.alive(link.namespace)


def boot(link: Link, root: Path, mgmt: str) -> None:
    """Power the host on if it is off, and wait until its sshd answers."""
    path = disk(link, root)
    if not running(link):
        lower = _read(path / "disk.json")["root"]
        name = link.namespace
        nspawn = [
            "--quiet", "--boot", f"--directory={path / 'root'}", f"--machine={name}",
            f"--hostname={link.name}", "--register=no", "--keep-unit", "--capability=all",
            "--system-call-filter=@keyring bpf @known", "--resolv-conf=off",
            f"--network-namespace-path={procs.NETNS / name}",
            *(f"--bind={path / _place(bind)}:{bind}" for bind in BIND),
        ]  # fmt: skip
        # "network": a host may set its own network's kernel settings, never the machine's.
        modes = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        modes["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        argv = ["unshare", "--mount", "sh", "-c", BOOT, "sh", lower, path, *nspawn]
        procs.start(name, argv, path / "console.log", modes)
    if not wait_until(lambda: answers(link, mgmt) or not running(link), 60):
        raise LabError(f"{link.name} does not answer by ssh; see {path / 'console.log'}")
    if not running(link):
        raise LabError(f"{link.name} did not boot; see {path / 'console.log'}")


def answers(link: Link, mgmt: str) -> bool:
    """Tell whether sshd greets on the management path."""
    probe = f"nc -d -w 1 {link.address} 22 | head -c 4"
    return inside(mgmt, "sh", "-c", probe) == "SSH-"


def stop(link: Link, kill: bool) -> None:
    """Power the host off in order, or cut its power."""
    with step(f"{link.name}: power {'cut' if kill else 'off'}"):
        pid = procs.supervisor(link.namespace)
        if pid and not kill:
            os.kill(pid, signal.SIGTERM)  # nspawn asks the host's systemd to power off
            wait_until(lambda: not running(link), 90)
        procs.end(link.namespace)


def remove_outdated(plan: Plan) -> None:
    """Remove hosts that the plan does not have any more, or has at another address."""
    wanted = {link.name: link.address for link in plan.hosts}
    for path in HOSTS.glob("*"):
        if _read(path / "disk.json").get("address") != wanted.get(path.name):
            with step(f"removed {path.name}"):
                procs.end(PREFIX + path.name)
                procs.end_namespaces(PREFIX + path.name)
                shutil.rmtree(path)


def write_known_hosts(plan: Plan) -> None:
    lines = []
    for link in plan.hosts:
        key = HOSTS / link.name / "upper/etc/ssh/ssh_host_ed25519_key.pub"
        lines.append(f"{link.address} {' '.join(key.read_text(encoding='ascii').split()[:2])}\n")
    fresh = PRIVATE / "known_hosts.new"
    fresh.write_text("".join(lines), encoding="ascii")
    fresh.replace(PRIVATE / "known_hosts")


def report(plan: Plan) -> t.Iterator[str]:
    """Tell each host's state, one a line."""
    for link in plan.hosts:
        state = "off"
        if running(link):
            state = "up" if answers(link, plan.management.namespace) else "up, no answer by ssh"
        network = (link.host.network if link.host else "") or "the internet"
        yield f"{link.name:<10} {link.address:<15} {network:<16} {state}"
