# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sockets listen on this host, and who holds them, from /proc."""

from __future__ import annotations

import ipaddress
import os
import re
import struct
import typing as t
from dataclasses import dataclass
from pathlib import Path

LISTEN = "0A"
ANYWHERE = ("0.0.0.0", "::")
_CONTAINER = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Listener:
    """A listening socket; "::" takes IPv4 as well, unless the program said otherwise."""

    address: str
    port: int
    inode: str = ""

    def hears(self, address: str) -> bool:
        return self.address in (*ANYWHERE, address)

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{shown}:{self.port}"


def parse(text: str) -> list[Listener]:
    """Return the listening sockets of the text of /proc/net/tcp or /proc/net/tcp6."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == LISTEN:
            address, _colon, port = words[1].partition(":")
            found.append(Listener(_address(address), int(port, 16), words[9]))
    return found


def _address(text: str) -> str:
    """Read the kernel's form: numbers of 32 bits in the machine's byte order, in hex."""
    numbers = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(numbers)}I", *numbers)
    if len(packed) == 4:
        return str(ipaddress.IPv4Address(packed))
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def listeners(directory: str = "/proc") -> list[Listener]:
    """Return what listens in the network of a process: /proc for our own, /proc/PID for others."""
    found = []
    for name in ("tcp", "tcp6"):
        try:
            text = Path(directory, "net", name).read_text(encoding="ascii")
        except OSError:  # no IPv6, or the process has ended
            continue
        found += parse(text)
    return found


def holders(inodes: t.Container[str], proc: str = "/proc") -> dict[str, dict[str, t.Any]]:
    """Return by inode the pid, name and container (its id, or "") that hold these sockets."""
    found: dict[str, dict[str, t.Any]] = {}
    for process in Path(proc).glob("[0-9]*"):
        try:
            for entry in os.scandir(process / "fd"):
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if match and match[1] in inodes and match[1] not in found:
                    found[match[1]] = _describe(process)
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


def _describe(process: Path) -> dict[str, t.Any]:
    container = _CONTAINER.search((process / "cgroup").read_text(encoding="ascii"))
    return {
        "pid": int(process.name),
        "process": (process / "comm").read_text(encoding="utf-8", errors="replace").strip(),
        "container": container[0] if container else "",
    }
