# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._path.cut import cut

RULES = """
    ip saddr 35.235.240.0/20 tcp dport 22 accept comment "management"
    meta l4proto tcp ct original proto-dst 80 accept comment "any -> nginx_lb:80"
    udp sport 67 udp dport 68 accept comment "an address by DHCP"
    drop comment "not declared"
"""
WIREGUARD = ("udp", "00000000:CA6C", "07", 0)
HEADING = "  sl  local_address rem_address   st\n"


@pytest.fixture
def proc(tmp_path):
    """Return a function that lets sockets listen: ("udp", address and port, state, inode)."""
    (tmp_path / "net").mkdir()

    def listen(*sockets) -> str:
        for protocol, address, state, inode in sockets:
            file = tmp_path / "net" / protocol
            text = file.read_text() if file.exists() else HEADING
            line = f"   0: {address} 00000000:0000 {state} 0:0 00:0 0 0 0 {inode} 1\n"
            file.write_text(text + line)
        return str(tmp_path)

    return listen


@pytest.mark.parametrize(
    ("socket", "rule", "named"),
    [
        (("tcp", "00000000:0016", "0A", 1), "", ""),
        (("tcp", "00000000:0050", "0A", 1), "", ""),
        (("tcp", "00000000:0050", "01", 1), "", ""),  # a connection
        (("tcp", "0100007F:0CEA", "0A", 1), "", ""),  # only this host reaches it
        (("udp", "00000000:0044", "07", 1), "", ""),
        (("tcp", "00000000:238C", "0A", 1), "", "tcp 0.0.0.0:9100"),
        (("udp", "00000000:0050", "07", 1), "", "udp 0.0.0.0:80"),
        (("udp", "00000000:00A1", "07", 1), "udp dport { 161, 162 } accept", ""),
        (("udp", "00000000:00A1", "07", 1), "tcp dport 161 accept", "udp 0.0.0.0:161"),
        (("udp", "00000000:00A1", "07", 1), "udp dport 161 drop", "udp 0.0.0.0:161"),
        (WIREGUARD, "", "udp 0.0.0.0:51820 (the kernel, such as WireGuard)"),
        (WIREGUARD, "meta l4proto udp ct original proto-dst 51820 accept", ""),
        (("udp", "00000000:1771", "07", 1), "udp dport 6000-6010 accept", ""),
        (("raw", "00000000:0070", "07", 1), "", "protocol 112"),
        (("raw", "00000000:0070", "07", 1), "ip protocol vrrp accept", ""),
        (("raw", "00000000:0070", "07", 1), "meta l4proto 112 accept", ""),
        (("raw", "00000000:0001", "07", 1), "", ""),
    ],
)  # fmt: skip
def test_what_no_rule_lets_in_is_named(proc, socket, rule, named) -> None:
    assert cut(RULES + rule, proc(socket)) == ([named] if named else [])


def test_program_is_named(proc, tmp_path) -> None:
    place = proc(("udp6", "0" * 32 + ":007B", "07", 4711))
    (tmp_path / "12/fd").mkdir(parents=True)
    (tmp_path / "12/fd/3").symlink_to("socket:[4711]")
    (tmp_path / "12/comm").write_text("chronyd\n")
    (tmp_path / "12/cgroup").write_text("0::/\n")
    assert cut(RULES, place) == ["udp [::]:123 (chronyd)"]
