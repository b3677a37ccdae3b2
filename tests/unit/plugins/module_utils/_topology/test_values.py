# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._topology import values
from ansible_collections.peerlb.stack.plugins.module_utils._values.addresses import IPv4Network


def test_network_holds_addresses_of_all_its_ranges() -> None:
    ranges = tuple(map(IPv4Network, ("10.0.0.0/24", "10.9.0.0/24")))
    network = values.Network("vpc", ranges)
    assert [network.holds(a) for a in ("10.0.0.9", "10.9.0.9", "10.1.0.9")] == [True, True, False]
