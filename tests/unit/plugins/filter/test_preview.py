# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import preview as filters

GROUPS = {"balancer": "nginx_lb", "application": "webapp", "database": "mysql"}


def test_the_note_is_what_the_next_preview_compares_with(inventory) -> None:
    note = filters.declaration_note(*inventory.read())
    assert note["flows"][0] == "any -> nginx_lb:80 (http)"
    told = {"lb1": {"note": note}}
    lines = filters.preview(*inventory.read(), deployed=told, users=[], **GROUPS)
    assert [line for line in lines if not line.startswith("not known")] == []
    inventory.variables["topology"]["flows"][1]["port"] = 3307
    lines = filters.preview(*inventory.read(), deployed=told, users=[], **GROUPS)
    assert "  + webapp -> nginx_lb:3307 (mysql)" in lines


def test_settings_of_members_and_pools_are_heard(inventory) -> None:
    inventory.hosts["mysql"]["hosts"]["db1"]["peerlb_member"] = {"max_conns": 9}
    told = {"lb1": {"release": {"declared": [], "listeners": []}}}
    pools = [{"name": "webapp", "method": "least_conn"}]
    given = {"deployed": told, "users": [], "pools": pools}
    lines = filters.preview(*inventory.read(), **given, **GROUPS)
    assert "  + webapp: least_conn;" in lines
    assert any("max_conns=9" in line for line in lines)


def test_what_can_not_be_is_refused(inventory) -> None:
    pools = [{"name": "webapp", "colour": 1}]
    with pytest.raises(AnsibleFilterError, match="colour"):
        filters.preview(*inventory.read(), deployed={}, users=[], pools=pools, **GROUPS)
