# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that this machine can run the lab, before the lab changes anything."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import socket
import typing as t
import urllib.parse
from pathlib import Path

from . import debian, procs
from .names import CACHE, DISKS, ROOT_LINK, UPLINK_NET
from .run import LabError, run

PROGRAMS = {
    "ip": "iproute2",
    "nft": "nftables",
    "nc": "netcat-openbsd",
    "ssh-keygen": "openssh-client",
    "systemd-nspawn": "systemd-container",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "sysctl": "procps",
    "mmdebstrap": "mmdebstrap",
    "skopeo": "skopeo",
    "docker-registry": "docker-registry",
}
WARM, COLD = 2, 6  # GiB of disk with a full cache (the hosts' disks), and with an empty one


def check(cold: bool) -> None:
    """Raise LabError if the machine lacks something. *cold* means that the cache is incomplete."""
    check_root()
    _programs()
    _namespaces()
    _disk(COLD if cold else WARM)
    _subnet()
    default_interface()
    nameserver()
    if cold:
        _network()


def check_root() -> None:
    """Raise LabError unless the user is root."""
    if os.geteuid():
        raise LabError("not root: the lab makes network namespaces and boots hosts; run it as root")


def _programs() -> None:
    missing = {package for program, package in PROGRAMS.items() if not shutil.which(program)}
    if missing:
        raise LabError(
            f"Debian packages are missing: {' '.join(sorted(missing))}; run scripts/setup"
        )


def _namespaces() -> None:
    try:
        run("unshare", "--net", "--mount", "--pid", "--fork", "--uts", "--ipc", "true")
    except LabError as exc:
        raise LabError(f"this machine cannot create namespaces: {exc}") from None
    roots = procs.hierarchies()
    if not roots or not (roots[0] / "cgroup.procs").exists() or not os.access(roots[0], os.W_OK):
        raise LabError("no writable cgroup2 hierarchy is mounted: hosts cannot be booted")
    if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        raise LabError("the kernel has no overlay file system (modprobe overlay)")


def _disk(needed: int) -> None:
    for path in (CACHE, DISKS):
        there = next(parent for parent in (path, *path.parents) if parent.exists())
        free = shutil.disk_usage(there).free / 2**30
        if free < needed:
            raise LabError(f"{path} needs {needed} GiB of disk, but {free:.1f} GiB are free")


def _subnet() -> None:
    ours = ipaddress.ip_network(UPLINK_NET)
    for route in json.loads(run("ip", "-j", "-4", "route", "show", "table", "all") or "[]"):
        if route.get("dev") == ROOT_LINK or route["dst"] == "default":
            continue
        if ours.overlaps(ipaddress.ip_network(route["dst"], strict=False)):
            raise LabError(f"{UPLINK_NET} is in use on this machine: route to {route['dst']}")


def default_interface() -> str:
    """Return the interface of the machine's default route."""
    routes = json.loads(run("ip", "-j", "-4", "route", "show", "default") or "[]")
    if not routes:
        raise LabError(
            "no network: this machine has no default route, which the hosts need for apt"
        )
    return routes[0]["dev"]


def nameserver() -> ipaddress.IPv4Address:
    """Return the machine's first name server that has an IPv4 address."""
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        for found in re.findall(r"^nameserver\s+([0-9.]+)\s*$", file.read(), re.MULTILINE):
            return ipaddress.IPv4Address(found)
    raise LabError("no network: /etc/resolv.conf has no name server with an IPv4 address")


def _network() -> None:
    if any("proxy" in line.lower() for line in debian.options()):
        return  # the proxy connects, so a test from this machine would prove nothing
    url = urllib.parse.urlsplit(debian.sources("sid")[0].split()[2])
    try:
        with socket.create_connection(_endpoint(url), timeout=10):
            return
    except OSError as exc:
        raise LabError(f"no network: {url.hostname}, apt's source of packages: {exc}") from None


def _endpoint(url: t.Any) -> tuple[str, int]:
    return url.hostname, url.port or (443 if url.scheme == "https" else 80)
