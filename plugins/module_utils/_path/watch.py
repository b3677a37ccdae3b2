# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch whether a connection reaches this host, and what this host answers.

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

ALL_PROTOCOLS, OUTGOING = 3, 4  # ETH_P_ALL and PACKET_OUTGOING of the kernel
SYN, RST, ACK = 0x02, 0x04, 0x10
ICMP, TCP, UNREACHABLE = 1, 6, 3
NONE, ACCEPTED, REFUSED, PROHIBITED = "none", "accepted", "refused", "prohibited"

# A classic BPF program: code, jump if true, jump if false, value. It keeps the IPv4 packets that
# begin or refuse a connection, and ICMP; a busy host has many other packets.
FILTER = (
    (0x30, 0, 0, 0),  # load the first byte of the IP header
    (0x54, 0, 0, 0xF0),
    (0x15, 0, 7, 0x40),  # drop the packet if its version is not 4
    (0x30, 0, 0, 9),  # load the protocol
    (0x15, 4, 0, ICMP),
    (0x15, 0, 4, TCP),
    (0xB1, 0, 0, 0),  # load the length of the IP header
    (0x50, 0, 0, 13),  # load the flags of TCP
    (0x45, 0, 1, SYN | RST),
    (0x06, 0, 0, 0xFFFF),  # keep the packet
    (0x06, 0, 0, 0),  # drop the packet
)


@dataclass
class WatchedPort:
    """A port of this host, and what was seen of connections to it.

    source: the address that a connection has to come from, "" for any other host; arrived: whether
    the first packet of one came in; answered: NONE, ACCEPTED, REFUSED or PROHIBITED.
    """

    source: str
    address: str
    port: int
    arrived: bool = False
    answered: str = NONE

    def note(self, packet: bytes, outgoing: bool) -> None:
        """Take account of a packet, given from its IP header on."""
        size = (packet[0] & 0x0F) * 4
        source, target = _ends(packet)
        body = packet[size:]
        if packet[9] == ICMP:
            if outgoing and len(body) > 28 and body[0] == UNREACHABLE and self._quoted_in(body):
                self.answered = PROHIBITED
            return
        if len(body) < 14:
            return
        ports, flags = struct.unpack("!HH", body[:4]), body[13]
        if not outgoing and flags & (SYN | RST | ACK) == SYN:
            self.arrived |= self._concerns(source, target, ports[1])
        elif outgoing and self._concerns(target, source, ports[0]):
            if flags & RST and self.answered == NONE:
                self.answered = REFUSED
            elif flags & SYN:
                self.answered = ACCEPTED

    def _concerns(self, source: str, target: str, port: int) -> bool:
        known = source == self.source if self.source else source != self.address
        return known and (target, port) == (self.address, self.port)

    def _quoted_in(self, error: bytes) -> bool:
        """Tell whether an ICMP error is about a connection to this port.

        After 8 bytes the error quotes the packet that it answers.
        """
        packet = error[8:]
        size = (packet[0] & 0x0F) * 4
        port = struct.unpack("!H", packet[size + 2 : size + 4])[0]
        return packet[9] == TCP and self._concerns(*_ends(packet), port)


def _ends(packet: bytes) -> tuple[str, str]:
    """Return the source and the target address of a packet."""
    return socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])


def watch(ports: t.Sequence[WatchedPort], seconds: float) -> bool:
    """Watch until a connection to every port has arrived and been answered, or time is up.

    Returns False at once if this process may not see packets, for which it has to be root.
    """
    try:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL_PROTOCOLS))
    except OSError:
        return False
    with tap:
        _attach_filter(tap)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not _settled(ports):
            tap.settimeout(left)
            try:
                packet, origin = tap.recvfrom(256)
            except socket.timeout:
                break
            if len(packet) >= 20:
                for port in ports:
                    port.note(packet, outgoing=origin[2] == OUTGOING)
    return True


def _settled(ports: t.Sequence[WatchedPort]) -> bool:
    return all(port.arrived and port.answered != NONE for port in ports)


def _attach_filter(tap: socket.socket) -> None:
    program = b"".join(struct.pack("HBBI", *line) for line in FILTER)
    buffer = ctypes.create_string_buffer(program)
    tap.setsockopt(
        socket.SOL_SOCKET,
        getattr(socket, "SO_ATTACH_FILTER", 26),
        struct.pack("HL", len(FILTER), ctypes.addressof(buffer)),
    )
