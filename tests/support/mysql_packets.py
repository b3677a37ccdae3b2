# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packets of a MySQL server's handshake, for the tests of probes."""

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._probe.mysql import Packet

GREETING = Packet(
    0,
    b"\n9.7.4\x00\r\x00\x00\x00]q<b\x1bv\x1cS\x00\xff\xff\xff\x02\x00\xff\xdf\x15"
    + bytes(10)
    + b"abcdefghijkl\x00caching_sha2_password\x00",
).render()
# The request to use another authentication plugin.
SWITCH = Packet(2, b"\xfesha256_password\x00abcdefghijklmnopqrst\x00").render()
