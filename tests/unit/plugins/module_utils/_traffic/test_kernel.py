# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

from ansible_collections.peerlb.stack.plugins.module_utils._traffic.kernel import (
    count_by_remote,
    count_workers,
    read_connections,
)

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"


def row(remote: str, state: str) -> str:
    return f"   0: 0200000A:D431 {remote} {state} 00000000:00000000 00:00000000 00000000\n"


def test_open_connections_are_counted_by_address() -> None:
    # 10.1.0.3:3000 on a little-endian machine.
    table = HEAD + row("0300010A:0BB8", "01") * 2 + row("0300010A:0BB8", "02")
    table += row("0300010A:0BB8", "06") + row("00000000:0000", "0A")
    assert count_by_remote([table]) == {"10.1.0.3:3000": 3}


def test_table_of_this_machine_can_be_read() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address):
            assert read_connections()[f"127.0.0.1:{address[1]}"] == 1


def test_workers_are_counted_by_their_titles(tmp_path) -> None:
    titles = {
        "1": b"nginx: master process nginx\0",
        "2": b"nginx: worker process\0",
        "3": b"nginx: worker process\0",
        "4": b"nginx: worker process is shutting down\0",
        "5": b"python3\0-c\0nginx: worker process\0",
    }
    for pid, title in titles.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(title)
    (tmp_path / "6").mkdir()
    assert count_workers(str(tmp_path)) == {"serving": 2, "shutting_down": 1}
