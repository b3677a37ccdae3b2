# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.firewall import FilterModule

firewall_rules = FilterModule().filters()["firewall_rules"]


def test_rules_of_a_host(inventory) -> None:
    found = firewall_rules(*inventory.read(), host="db1", trusted=["docker0"])
    assert "ip saddr { 10.0.0.2/32 } ct original ip daddr 10.2.0.2 " in found
    assert 'iifname "docker0" accept' in found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "client"}, "^host client: stands in no declared network"),
        ({"host": "web1", "trusted": ['x"; drop']}, "names no interface; write a name such as"),
    ],
)
def test_errors_are_those_of_a_filter(inventory, options, message) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        firewall_rules(*inventory.read(), **options)
