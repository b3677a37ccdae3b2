# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import derived
from ansible_collections.peerlb.stack.plugins.filter import preview as filters

GROUPS = {"balancer": "nginx_lb", "application": "webapp", "database": "mysql"}


def test_preview_compares_with_the_note(inventory) -> None:
    note = filters.declaration_note(*inventory.read())
    assert note["flows"][0] == "any -> nginx_lb:80 (http)"
    states = {"lb1": {"note": note}}
    lines = filters.preview(*inventory.read(), deployed=states, users=[], **GROUPS)
    assert [line for line in lines if not line.startswith("not known")] == []
    inventory.variables["topology"]["flows"][1]["port"] = 3307
    lines = filters.preview(*inventory.read(), deployed=states, users=[], **GROUPS)
    assert "  + webapp -> nginx_lb:3307 (mysql)" in lines


def test_preview_uses_the_settings_of_members_and_pools(inventory) -> None:
    inventory.hosts["mysql"]["hosts"]["db1"]["peerlb_member"] = {"max_conns": 9}
    states = {"lb1": {"release": {"declared": [], "listeners": []}}}
    pools = [{"name": "webapp", "method": "least_conn"}]
    options = {"deployed": states, "users": [], "pools": pools}
    lines = filters.preview(*inventory.read(), **options, **GROUPS)
    assert "  + webapp: least_conn;" in lines
    assert any("max_conns=9" in line for line in lines)


def test_wrong_settings_are_an_error_of_the_filter(inventory) -> None:
    pools = [{"name": "webapp", "colour": 1}]
    with pytest.raises(AnsibleFilterError, match="colour"):
        filters.preview(*inventory.read(), deployed={}, users=[], pools=pools, **GROUPS)


def test_site_preview_reads_what_the_tasks_registered(inventory) -> None:
    inventory.variables["webapp_mysql_user"] = "shop"
    declaration, groups, hostvars = inventory.read()
    model = derived.derived(declaration, groups, hostvars, parts=["mysql"])["model"]
    accounts = {"rc": 0, "stdout_lines": ["shop@10.9.0.0/255.255.0.0"]}
    replaced = {"effect": "replace", "differs": ["my.cnf differs"], "previous": "3f9a1c52be07"}
    registered = {"db1": {"__preview_accounts": accounts, "__mysql_release": replaced}}
    users = [{"name": "ada", "hosts": ["%"], "password": "oyster"}]
    lines = filters.site_preview(model, groups, registered, play_hosts=["db1"], users=users)
    first = lines.index("grants of db1:")
    assert lines[first + 1 : first + 4] == [
        "  - shop@10.9.0.0/255.255.0.0",
        "  + shop@10.0.0.2",
        "  + ada@%",
    ]
    assert "db1: MySQL's container is replaced: my.cnf differs" in lines
    assert lines[-1] == "not asked, as outside of --limit: lb1, web1, web2"
    assert "oyster" not in "".join(lines)


def test_unreachable_hosts_are_not_compared(inventory) -> None:
    declaration, groups, hostvars = inventory.read()
    registered = {"db1": {"__mysql_release": {"unreachable": True}}}
    lines = filters.site_preview(
        declaration, groups, WithResults(hostvars, registered), play_hosts=["db1"]
    )
    assert not [line for line in lines if line.startswith("grants of db1")]
    assert any(line.startswith("not known:") and "grants of db1" in line for line in lines)
    assert any(line.startswith("not known:") and "MySQL of db1" in line for line in lines)


class WithResults:
    """Hostvars with the variables of the inventory, and with what tasks registered."""

    def __init__(self, hostvars, registered) -> None:
        self.hostvars, self.registered = hostvars, registered

    def get(self, host):
        own = self.hostvars.get(host) or {}
        return {**{key: own[key] for key in own}, **self.registered.get(host, {})}
