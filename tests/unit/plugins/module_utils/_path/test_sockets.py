# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket

from ansible_collections.peerlb.stack.plugins.module_utils._path import sockets
from ansible_collections.peerlb.stack.plugins.module_utils._path.sockets import parse_listeners


def table(*sockets: str) -> str:
    """Return lines as the kernel writes them; each socket is address, peer and state."""
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid inode"
    rest = "00000000:00000000 00:00000000 00000000     0        0"
    return "\n".join([head, *(f"   0: {each} {rest} {n} 1 0" for n, each in enumerate(sockets))])


TCP = table(
    "0200020A:0CEA 00000000:0000 0A",
    "0100007F:1F91 00000000:0000 0A",
    "0200020A:0016 01F0EB23:D7E8 01",
)
NOBODY = "0" * 32
TCP6 = table(
    f"{NOBODY}:0CEA {NOBODY}:0000 0A", f"0000000000000000FFFF00000100007F:0050 {NOBODY}:0000 0A"
)


def test_listeners_of_the_kernels_tables() -> None:
    assert [str(each) for each in parse_listeners(TCP)] == ["10.2.0.2:3306", "127.0.0.1:8081"]
    assert [str(each) for each in parse_listeners(TCP6)] == ["[::]:3306", "127.0.0.1:80"]


def test_listener_accepts_its_address_or_any() -> None:
    mysql, status = parse_listeners(TCP)
    anywhere = parse_listeners(TCP6)[0]
    assert mysql.accepts("10.2.0.2") and not mysql.accepts("10.2.0.3")
    assert not status.accepts("10.2.0.2")
    assert anywhere.accepts("10.2.0.2")


def test_own_socket_is_found_with_its_process() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        (found,) = [each for each in sockets.listeners() if each.port == port]
        holder = sockets.holders({found.inode})[found.inode]
    assert (found.address, holder["pid"]) == ("127.0.0.1", os.getpid())
    assert holder["process"]


def test_process_that_has_ended_has_no_sockets(tmp_path) -> None:
    assert sockets.listeners(str(tmp_path / "99")) == []
    (tmp_path / "99").mkdir()
    assert sockets.holders({"1"}, str(tmp_path)) == {}


def test_process_in_a_container_has_its_id(tmp_path) -> None:
    files = tmp_path / "42" / "fd"
    files.mkdir(parents=True)
    (files / "3").symlink_to("socket:[77]")
    (tmp_path / "42" / "comm").write_text("nginx\n")
    (tmp_path / "42" / "cgroup").write_text(f"0::/system.slice/docker-{'ab' * 32}.scope\n")
    found = sockets.holders({"77"}, str(tmp_path))
    assert found == {"77": {"pid": 42, "process": "nginx", "container": "ab" * 32}}
