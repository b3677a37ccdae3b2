# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the lab: booted Debian systems, each with its own disk over a shared root."""

from __future__ import annotations

import json
import os
import shutil
import signal
import typing as t
import uuid
from pathlib import Path

from . import cache, debian, procs
from .fabric import run_in
from .links import Link
from .names import DISKS, PREFIX, PRIVATE, UPLINK_ROOT
from .plan import Plan
from .run import LabError, run, step, wait_until

SUITE = "trixie"
SUITES = {"12": "bookworm", "13": SUITE}  # by the version of Debian
HOSTS = DISKS / "hosts"
KEY = PRIVATE / "id_ed25519"
OPS = 1000
BIND = ("/var/lib/docker", "/var/lib/containerd")  # overlayfs does not stack on an overlay root
# Boots a host. It runs in its own mount namespace, so this machine never sees the lab's mounts.
BOOT = """
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" || exit
shift 2
while systemd-nspawn "$@"; [ $? -eq 133 ]; do :; done  # 133: the host asks for a reboot
"""


def root_file_system(suite: str = SUITE) -> Path:
    """Return the path of the root file system that hosts share. It is built if missing."""

    def build(target: Path) -> None:
        debian.bootstrap("host", suite, "minbase", target, "--skip=cleanup/apt")

    return cache.ensure(root_path(suite), build)


def root_path(suite: str = SUITE) -> Path:
    """Return the path of a root file system, which may not exist yet."""
    kind = "host" if suite == SUITE else f"host-{suite}"
    return cache.path(kind, debian.recipe("host", suite))


def suite_of(link: Link) -> str:
    """Return which suite of Debian the host's disk has, or will have if it has no disk."""
    return _read(HOSTS / link.name / "disk.json").get("suite", SUITE)


def roots_in_use() -> set[str]:
    """Return the names of the root file systems that hosts have their disks over."""
    specs = (_read(path) for path in HOSTS.glob("*/disk.json"))
    return {Path(spec["root"]).name for spec in specs}


def public_key() -> Path:
    """Return the path of the public key that every host accepts. The pair is made if missing."""
    PRIVATE.mkdir(mode=0o700, exist_ok=True)
    if not KEY.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "peerlb-lab", "-f", KEY)
    return KEY.with_suffix(".pub")


def disk(link: Link, suite: str) -> Path:
    """Return the path of the host's disk.

    A change of its address, of its suite of Debian or of the lab's key renews it.
    """
    path = HOSTS / link.name
    key = public_key().read_text(encoding="ascii")
    wanted = {"address": link.address, "key": key, "suite": suite}
    spec = {"suite": SUITE, **_read(path / "disk.json")}
    if {key: spec.get(key) for key in wanted} == wanted:
        return path
    procs.end(link.namespace)
    shutil.rmtree(path, ignore_errors=True)
    for part in ("work", "root", *(_place(bind) for bind in BIND)):
        (path / part).mkdir(parents=True)
    _write_identity(link, path / "upper", wanted["key"])
    spec = {**wanted, "root": str(root_path(suite))}
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


def exists(link: Link) -> bool:
    """Return whether the host has a disk and a network namespace."""
    return (HOSTS / link.name / "disk.json").exists() and link.namespace in procs.namespaces()


def running(link: Link) -> bool:
    """Return whether the host is powered on."""
    return procs.alive(link.namespace)


def boot(link: Link, suite: str, mgmt: str) -> None:
    """Power the host on if it is off, and wait until its sshd answers.

    *mgmt* is the namespace from which Ansible connects. The root file system of *suite* is built.
    """
    path = disk(link, suite)
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
        # "network": a host may change kernel settings of its own network, but not this machine's.
        modes = {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"}
        modes["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        argv = ["unshare", "--mount", "sh", "-c", BOOT, "sh", lower, path, *nspawn]
        procs.start(name, argv, path / "console.log", modes)
    if not wait_until(lambda: answers(link, mgmt) or not running(link), 60):
        raise LabError(f"{link.name} does not answer by ssh; see {path / 'console.log'}")
    if not running(link):
        raise LabError(f"{link.name} did not boot; see {path / 'console.log'}")


def answers(link: Link, mgmt: str) -> bool:
    """Return whether the host's sshd answers in the namespace *mgmt*."""
    probe = f"nc -d -w 1 {link.address} 22 | head -c 4"
    return run_in(mgmt, "sh", "-c", probe) == "SSH-"


def stop(link: Link, kill: bool) -> None:
    """Shut the host down, or cut its power."""
    with step(f"{link.name}: power {'cut' if kill else 'off'}"):
        pid = procs.supervisor(link.namespace)
        if pid and not kill:
            os.kill(pid, signal.SIGTERM)  # nspawn asks the host's systemd to power off
            wait_until(lambda: not running(link), 90)
        procs.end(link.namespace)


def remove_outdated(plan: Plan) -> None:
    """Remove hosts that are not in the plan, or have another address there."""
    wanted = {link.name: link.address for link in plan.hosts}
    for path in HOSTS.glob("*"):
        if _read(path / "disk.json").get("address") != wanted.get(path.name):
            with step(f"removed {path.name}"):
                procs.end(PREFIX + path.name)
                procs.end_namespaces(PREFIX + path.name)
                shutil.rmtree(path)


def write_known_hosts(plan: Plan) -> None:
    """Write the hosts' public keys to .lab/known_hosts."""
    lines = []
    for link in plan.hosts:
        key = HOSTS / link.name / "upper/etc/ssh/ssh_host_ed25519_key.pub"
        lines.append(f"{link.address} {' '.join(key.read_text(encoding='ascii').split()[:2])}\n")
    fresh = PRIVATE / "known_hosts.new"
    fresh.write_text("".join(lines), encoding="ascii")
    fresh.replace(PRIVATE / "known_hosts")


def report(plan: Plan) -> t.Iterator[str]:
    """Yield a line for each host, such as "web1       10.1.0.2        vpc-webapp       up"."""
    for link in plan.hosts:
        state = "off"
        if running(link):
            state = "up" if answers(link, plan.management.namespace) else "up, no answer by ssh"
        network = (link.host.network if link.host else "") or "the internet"
        yield f"{link.name:<10} {link.address:<15} {network:<16} {state}"
