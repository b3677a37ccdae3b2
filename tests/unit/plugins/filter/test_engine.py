# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.engine import FilterModule

engine_networks = FilterModule().filters()["engine_networks"]


def networks(*cidrs: str):
    return {"networks": [{"name": "vpc", "cidrs": list(cidrs)}]}


def test_settings_keep_off_what_is_declared() -> None:
    assert engine_networks(networks("10.0.0.0/8")) == {}
    assert engine_networks(networks("172.17.0.0/16"))["bip"] == "172.18.0.1/16"


def test_no_room_is_an_error_for_ansible() -> None:
    every = networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    with pytest.raises(AnsibleFilterError, match="no private range"):
        engine_networks(every)


def test_settings_keep_off_a_mirror_too() -> None:
    used = {"docker_registry_mirrors": ["http://172.17.0.9:5000"]}
    assert engine_networks(networks("10.0.0.0/8"), used=used)["bip"] == "172.18.0.1/16"
