# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path import watch as watch_module
from ansible_collections.peerlb.stack.plugins.module_utils._path.watch import (
    ACK,
    FILTER,
    RST,
    SYN,
    WatchedPort,
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
def test_packet_is_noted(packet, outgoing, arrived, answered) -> None:
    watched = WatchedPort(THERE, HERE, 3306)
    watched.note(packet, outgoing)
    assert (watched.arrived, watched.answered) == (arrived, answered)


def test_any_other_host_counts_if_the_source_is_not_known() -> None:
    watched = WatchedPort("", HERE, 3306)
    watched.note(tcp(HERE, 40000, HERE, 3306, SYN), False)  # the host itself
    assert not watched.arrived
    watched.note(KNOCK, False)
    assert watched.arrived


def test_accepted_connection_that_is_reset_stays_accepted() -> None:
    watched = WatchedPort(THERE, HERE, 3306)
    watched.note(tcp(HERE, 3306, THERE, 40000, SYN | ACK), True)
    watched.note(tcp(HERE, 3306, THERE, 40000, RST), True)
    assert watched.answered == "accepted"


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
def test_filter_keeps_only_packets_that_begin_or_refuse_a_connection(packet, kept) -> None:
    assert runs(packet) is kept


def test_real_connection_is_seen(may_watch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        watched = WatchedPort("127.0.0.2", "127.0.0.1", server.getsockname()[1])

        def knock() -> None:
            time.sleep(0.2)
            with socket.socket() as client:
                client.bind(("127.0.0.2", 0))
                client.connect((watched.address, watched.port))

        thread = threading.Thread(target=knock)
        thread.start()
        assert watch_module.watch([watched], 10)
        thread.join()
    assert (watched.arrived, watched.answered) == (True, "accepted")


def test_watch_ends_after_its_seconds(may_watch) -> None:
    watched = WatchedPort(THERE, HERE, 1)
    assert watch_module.watch([watched], 0.1)
    assert not watched.arrived


def test_watch_without_the_right_to_see_packets_returns_false(monkeypatch) -> None:
    def forbidden(*_args) -> None:
        raise PermissionError

    monkeypatch.setattr(watch_module.socket, "socket", forbidden)
    assert not watch_module.watch([WatchedPort("", HERE, 1)], 5)


@pytest.fixture
def may_watch() -> None:
    """Skip a test that needs root where the tests run without it, as in the sanity container."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0).close()
    except OSError:
        pytest.skip("only root sees packets")
