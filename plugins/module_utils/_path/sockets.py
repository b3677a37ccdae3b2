# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sockets listen on this host, and which processes hold them, from /proc."""

from __future__ import annotations

import ipaddress
import os
import re
import struct
import typing as t
from dataclasses import dataclass
from pathlib import Path

# The states of a socket that listens, and of one without a peer, as the kernel writes them.
LISTEN, UNCONNECTED = "0A", "07"
WILDCARDS = ("0.0.0.0", "::")  # a socket bound to one of these listens on every address
_CONTAINER = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Listener:
    """A listening socket. inode: the number by which /proc names the socket."""

    address: str
    port: int
    inode: str = ""

    def accepts(self, address: str) -> bool:
        """Tell whether a connection to this address of the host reaches the socket.

        "::" counts as listening on IPv4 as well, which a program can switch off.
        """
        return self.address in (*WILDCARDS, address)

    def __str__(self) -> str:
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{shown}:{self.port}"


def parse_listeners(text: str, state: str = LISTEN) -> list[Listener]:
    """Return the sockets in a state of /proc/net/tcp or a file of its form, given as text."""
    found = []
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == state:
            address, _colon, port = words[1].partition(":")
            found.append(Listener(_address(address), int(port, 16), words[9]))
    return found


def _address(text: str) -> str:
    """Return an address that the kernel wrote as hexadecimal numbers of 32 bits.

    "0200020A" is 10.2.0.2 where the machine's byte order is little-endian.
    """
    numbers = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = struct.pack(f"={len(numbers)}I", *numbers)
    if len(packed) == 4:
        return str(ipaddress.IPv4Address(packed))
    address = ipaddress.IPv6Address(packed)
    return str(address.ipv4_mapped or address)


def listeners(directory: str = "/proc", protocol: str = "tcp") -> list[Listener]:
    """Return the listening sockets in the network of a process.

    directory: /proc for this process, /proc/PID for another one. protocol: tcp, udp, or raw, of
    which the port is the number of an IP protocol.
    """
    found = []
    for name in (protocol, f"{protocol}6"):
        try:
            text = Path(directory, "net", name).read_text(encoding="ascii")
        except OSError:  # The host has no IPv6, or the process has ended.
            continue
        found += parse_listeners(text, LISTEN if protocol == "tcp" else UNCONNECTED)
    return found


def holders(inodes: t.Container[str], proc: str = "/proc") -> dict[str, dict[str, t.Any]]:
    """Return which process holds each of these sockets, by inode.

    {"4711": {"pid": 42, "process": "nginx", "container": ""}}; container: its id, "" for none.
    """
    found: dict[str, dict[str, t.Any]] = {}
    for process in Path(proc).glob("[0-9]*"):
        try:
            for entry in os.scandir(process / "fd"):
                match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if match and match[1] in inodes and match[1] not in found:
                    found[match[1]] = _describe(process)
        except OSError:  # The process has ended, or only root may look at it.
            continue
    return found


def _describe(process: Path) -> dict[str, t.Any]:
    container = _CONTAINER.search((process / "cgroup").read_text(encoding="ascii"))
    return {
        "pid": int(process.name),
        "process": (process / "comm").read_text(encoding="utf-8", errors="replace").strip(),
        "container": container[0] if container else "",
    }
