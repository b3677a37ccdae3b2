# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.peerlb.stack.plugins.module_utils._topology.plain import (
    from_plain,
    to_plain,
)
from hypothesis import given
from hypothesis import strategies as st


@given(data=st.data())
def test_a_model_survives_json(random_topologies, data) -> None:
    topology = data.draw(random_topologies)
    assert from_plain(json.loads(json.dumps(to_plain(topology)))) == topology


def test_every_kind_of_value_survives(stack) -> None:
    stack.hostvars["lb1"]["peerlb_public_address"] = "203.0.113.80"
    topology = stack.parse()
    assert topology.management
    again = from_plain(json.loads(json.dumps(to_plain(topology))))
    assert again == topology
    assert list(again.hosts) == list(topology.hosts)  # the order decides who is first in a group
