# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What listens on this host and is not let in by rules that are to be loaded."""

from __future__ import annotations

import re
import typing as t

from .sockets import Listener, holders, listeners

ICMP = (1, 58)  # the rules let in what these are for
_PORTS = re.compile(r"(?:proto-dst|dport) (\{[^}]*\}|[0-9-]+)")
_PROTOCOL = re.compile(r"(?:l4proto|protocol) (\w+)")
NAMES = {112: "vrrp", 50: "esp", 51: "ah", 47: "gre", 89: "ospf", 2: "igmp"}


def cut(rules: str, proc: str = "/proc") -> list[str]:
    """Return what no accepting rule names: ["udp 0.0.0.0:161 (snmpd)", "protocol 112 (vrrpd)"].

    What only this host reaches is left out. Only root sees which program it is.
    """
    accepting = [line for line in rules.splitlines() if re.search(r"\baccept\b", line)]
    found = {
        (protocol, socket): None
        for protocol in ("tcp", "udp", "raw")
        for socket in listeners(proc, protocol)
        if _is_outside(socket) and not _is_let_in(protocol, socket.port, accepting)
    }
    held = holders({socket.inode for _protocol, socket in found}, proc)
    return list(dict.fromkeys(_describe(*each, held) for each in found))


def _is_outside(socket: Listener) -> bool:
    return not socket.address.startswith("127.") and socket.address != "::1"


def _is_let_in(protocol: str, port: int, accepting: t.Iterable[str]) -> bool:
    """Tell whether a rule lets in a port, or a protocol by its number, from anywhere at all."""
    if protocol == "raw":
        names = (str(port), NAMES.get(port))
        own = (found[1] for line in accepting if (found := _PROTOCOL.search(line)))
        return port in ICMP or any(name in names for name in own)
    lines = (line for line in accepting if re.search(rf"\b({protocol}|th)\b", line))
    return any(_holds(found[1], port) for line in lines for found in _PORTS.finditer(line))


def _holds(text: str, port: int) -> bool:
    """Tell whether "22", "{ 80, 443 }" or "6000-6010" has a port."""
    for each in re.findall(r"[0-9]+(?:-[0-9]+)?", text):
        low, _dash, high = each.partition("-")
        if int(low) <= port <= int(high or low):
            return True
    return False


def _describe(protocol: str, socket: Listener, held: t.Mapping[str, t.Any]) -> str:
    what = f"protocol {socket.port}" if protocol == "raw" else f"{protocol} {socket}"
    holder = held.get(socket.inode)
    # The kernel's own sockets belong to no process.
    who = holder["process"] if holder else "the kernel, such as WireGuard"
    return f"{what} ({who})" if holder or socket.inode == "0" else what
