# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path import watch as _path_watch
from ansible_collections.peerlb.stack.plugins.module_utils._path.watch import (
    ACK,
    FILTER,
    RST,
    SYN,
    Door,
)

HERE, THERE = "10.2.0.2", "10.0.0.2"


def ip(source: str, target: str, protocol: int, body: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    return head + socket.inet_aton(source) + socket.inet_aton(target) + body


def tcp(source: str, sport: int, target: str, dport: int, flags: int) -> bytes:
    return ip(source, target, 6, struct.pack("!HHIIBB", sport, dport, 1, 0, 0x50, flags) + bytes(6))


KNOCK = tcp(THERE, 40000, HERE, 3306, SYN)
PROHIBITED = ip(HERE, THERE, 1, bytes([3, 13]) + bytes(6) + KNOCK)


@pytest.mark.parametrize(
    ("packet", "outgoing", "arrived", "answered"),
    [
        (KNOCK, False, True, "none"),
        (KNOCK, True, False, "none"),
        (tcp(THERE, 40000, HERE, 22, SYN), False, False, "none"),
        (tcp("10.0.0.9", 40000, HERE, 3306, SYN), False, False, "none"),
        (tcp(THERE, 40000, HERE, 3306, SYN | ACK), False, False, "none"),
        (tcp(HERE, 3306, THERE, 40000, SYN | ACK), True, False, "accepted"),
        (tcp(HERE, 3306, THERE, 40000, RST | ACK), True, False, "refused"),
        (tcp(HERE, 3306, THERE, 40000, RST | ACK), False, False, "none"),
        (PROHIBITED, True, False, "prohibited"),
        (PROHIBITED, False, False, "none"),
        (ip(HERE, THERE, 1, bytes(8)), True, False, "none"),
        (ip(THERE, HERE, 6, b"short"), False, False, "none"),
    ],
)
def test_what_a_packet_says(packet, outgoing, arrived, answered) -> None:
    door = Door(THERE, HERE, 3306)
    door.see(packet, outgoing)
    assert (door.arrived, door.answered) == (arrived, answered)


def test_whoever_knocks_counts_where_the_source_is_not_known() -> None:
    door = Door("", HERE, 3306)
    door.see(tcp(HERE, 40000, HERE, 3306, SYN), False)  # the host itself
    assert not door.arrived
    door.see(KNOCK, False)
    assert door.arrived


def test_an_accepted_connection_that_is_cut_was_accepted() -> None:
    door = Door(THERE, HERE, 3306)
    door.see(tcp(HERE, 3306, THERE, 40000, SYN | ACK), True)
    door.see(tcp(HERE, 3306, THERE, 40000, RST), True)
    assert door.answered == "accepted"


def runs(packet: bytes) -> bool:
    """Run the filter as the kernel would; return whether it keeps the packet."""
    at = accumulator = index = 0
    while True:
        code, yes, no, value = FILTER[at]
        at += 1
        if code == 0x30:
            accumulator = packet[value]
        elif code == 0x54:
            accumulator &= value
        elif code == 0x15:
            at += yes if accumulator == value else no
        elif code == 0x45:
            at += yes if accumulator & value else no
        elif code == 0xB1:
            index = (packet[value] & 0x0F) * 4
        elif code == 0x50:
            accumulator = packet[index + value]
        else:
            return bool(value)


@pytest.mark.parametrize(
    ("packet", "kept"),
    [
        (KNOCK, True),
        (tcp(HERE, 1, THERE, 2, SYN | ACK), True),
        (tcp(HERE, 1, THERE, 2, RST), True),
        (tcp(HERE, 1, THERE, 2, ACK), False),
        (PROHIBITED, True),
        (ip(HERE, THERE, 17, bytes(20)), False),
        (b"\x60" + bytes(60), False),
    ],
)
def test_the_filter_keeps_what_matters(packet, kept) -> None:
    assert runs(packet) is kept


def test_a_real_connection_is_seen(may_watch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        door = Door("127.0.0.2", "127.0.0.1", server.getsockname()[1])

        def knock() -> None:
            time.sleep(0.2)
            with socket.socket() as client:
                client.bind(("127.0.0.2", 0))
                client.connect((door.address, door.port))

        thread = threading.Thread(target=knock)
        thread.start()
        assert _path_watch.watch([door], 10)
        thread.join()
    assert (door.arrived, door.answered) == (True, "accepted")


def test_the_watch_ends_when_its_time_is_over(may_watch) -> None:
    door = Door(THERE, HERE, 1)
    assert _path_watch.watch([door], 0.1)
    assert not door.arrived


def test_who_may_not_watch_says_so(monkeypatch) -> None:
    def forbidden(*_args) -> None:
        raise PermissionError

    monkeypatch.setattr(_path_watch.socket, "socket", forbidden)
    assert not _path_watch.watch([Door("", HERE, 1)], 5)


@pytest.fixture
def may_watch() -> None:
    """Leave out what only root can do, as in the sanity container."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
    except OSError:
        pytest.skip("only root sees packets")
