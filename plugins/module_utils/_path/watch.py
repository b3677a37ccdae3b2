# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See whether a connection reaches this host, and what this host says to it.

Packets are seen as they cross the interface: before this host's firewall if they come in, after it
if they go out.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import time
import typing as t
from dataclasses import dataclass

ALL_PROTOCOLS, OUTGOING = 3, 4
SYN, RST, ACK = 0x02, 0x04, 0x10
ICMP, TCP, UNREACHABLE = 1, 6, 3
NONE, ACCEPTED, REFUSED, PROHIBITED = "none", "accepted", "refused", "prohibited"

# Keeps IPv4 packets that begin or refuse a connection, and ICMP: a busy host has many others.
FILTER = (
    (0x30, 0, 0, 0),  # the first byte of the IP header
    (0x54, 0, 0, 0xF0),
    (0x15, 0, 7, 0x40),  # not version 4: away with it
    (0x30, 0, 0, 9),  # the protocol
    (0x15, 4, 0, ICMP),
    (0x15, 0, 4, TCP),
    (0xB1, 0, 0, 0),  # the length of the IP header
    (0x50, 0, 0, 13),  # the flags of TCP
    (0x45, 0, 1, SYN | RST),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


@dataclass
class Door:
    """A connection to watch for; source is empty for one from any other host."""

    source: str
    address: str
    port: int
    arrived: bool = False
    answered: str = NONE

    def see(self, packet: bytes, outgoing: bool) -> None:
        """Note what a packet, from its IP header on, says about this connection."""
        size = (packet[0] & 0x0F) * 4
        source, target = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
        body = packet[size:]
        if packet[9] == ICMP:
            if outgoing and len(body) > 28 and body[0] == UNREACHABLE and self._quoted(body[8:]):
                self.answered = PROHIBITED
            return
        if len(body) < 14:
            return
        ports, flags = struct.unpack("!HH", body[:4]), body[13]
        if not outgoing and flags & (SYN | RST | ACK) == SYN:
            self.arrived |= self._is(source, target, ports[1])
        elif outgoing and self._is(target, source, ports[0]):
            if flags & RST and self.answered == NONE:
                self.answered = REFUSED
            elif flags & SYN:
                self.answered = ACCEPTED

    def _is(self, source: str, target: str, port: int) -> bool:
        known = source == self.source if self.source else source != self.address
        return known and (target, port) == (self.address, self.port)

    def _quoted(self, packet: bytes) -> bool:
        size = (packet[0] & 0x0F) * 4
        source, target = (socket.inet_ntoa(packet[at : at + 4]) for at in (12, 16))
        port = struct.unpack("!H", packet[size + 2 : size + 4])[0]
        return packet[9] == TCP and self._is(source, target, port)


def watch(doors: t.Sequence[Door], seconds: float) -> bool:
    """Watch until all doors were knocked at and answered, or the time is over.

    Returns False, at once, where this process may not see the packets.
    """
    try:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
    except OSError:
        return False
    with tap:
        _attach(tap)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not _settled(doors):
            tap.settimeout(left)
            try:
                packet, origin = tap.recvfrom(256)
            except socket.timeout:
                break
            if len(packet) >= 20:
                for door in doors:
                    door.see(packet, outgoing=origin[2] == OUTGOING)
    return True


def _settled(doors: t.Sequence[Door]) -> bool:
    return all(door.arrived and door.answered != NONE for door in doors)


def _attach(tap: socket.socket) -> None:
    program = b"".join(struct.pack("HBBI", *line) for line in FILTER)
    buffer = ctypes.create_string_buffer(program)
    tap.setsockopt(
        socket.SOL_SOCKET,
        getattr(socket, "SO_ATTACH_FILTER", 26),
        struct.pack("HL", len(FILTER), ctypes.addressof(buffer)),
    )
