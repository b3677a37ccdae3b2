# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter import derived as filters
from ansible_collections.peerlb.stack.plugins.filter import explain, firewall, topology
from ansible_collections.peerlb.stack.plugins.plugin_utils import _firewall
from support import ROOT

PARTS = ("mysql", "webapp", "nginx_lb", "verify", "firewall")


def test_parts_equal_the_results_of_single_filters(inventory) -> None:
    read = inventory.read()
    found = filters.derived(*read, parts=PARTS)
    assert list(found) == ["model", *PARTS]
    assert found["mysql"]["addresses"] == {"db1": "10.2.0.2"}
    assert found["mysql"]["account"]["hosts"] == topology.grant_hosts(*read, target="mysql")
    assert found["mysql"]["connections"] == 64
    path = "/opt/peerlb/webapp/current/secrets/mysql_password"
    used = [{"host": web, "user": "webapp", "path": path} for web in ("web1", "web2")]
    assert found["mysql"]["clients"] == used
    assert found["webapp"]["addresses"] == {"web1": "10.1.0.2", "web2": "10.1.0.3"}
    assert found["webapp"]["mysql_host"] == "10.0.0.2"
    assert found["nginx_lb"]["lb1"]["pools"] == topology.pools(*read)
    assert found["nginx_lb"]["lb1"]["listeners"] == topology.listeners(*read)
    assert found["firewall"]["db1"] == firewall.firewall_rules(*read, host="db1")
    assert found["verify"] == {"own_application": False, "server_name": ""}


def test_only_the_model_is_derived_unless_parts_are_named(inventory) -> None:
    assert list(filters.derived(*inventory.read())) == ["model"]


def test_filters_return_the_same_from_the_model_and_the_declaration(inventory) -> None:
    inventory.hosts["webapp"]["children"]["blue"]["hosts"]["web1"]["peerlb_member"] = {
        "weight": "{{ 2 + 1 }}"
    }
    read = inventory.read()
    model = filters.derived(*read)["model"]
    assert topology.pools(model) == topology.pools(*read)
    assert topology.pools(model)[0]["members"][0]["weight"] == 3
    for source in ("lb1", "web1", "db1", "client", "localhost"):
        targets = topology.probe_targets(*read, source=source)
        assert topology.probe_targets(model, source=source) == targets
    assert topology.service_address(model, source="client") == "10.0.0.2:80"


def test_variables_that_a_part_needs_are_templated(inventory) -> None:
    inventory.variables |= {
        "peerlb_databases": [{"name": "{{ 're' ~ 'ports' }}"}],
        "webapp_image": "{{ 'shop' }}:1.0",
        "webapp_server_name": "{{ 'shop' }}.example",
        "peerlb_pools": [{"name": "webapp", "method": "{{ 'least' ~ '_conn' }}"}],
        "firewall_trusted_interfaces": ["{{ 'docker' ~ 0 }}"],
    }
    found = filters.derived(*inventory.read(), parts=PARTS)
    json.dumps(found)  # plain values only
    assert found["mysql"]["databases"]["db1"] == [{"name": "webapp"}, {"name": "reports"}]
    assert found["verify"] == {"own_application": True, "server_name": "shop.example"}
    assert found["nginx_lb"]["lb1"]["pools"][0]["method"] == "least_conn"
    assert 'iifname "docker0" accept' in found["firewall"]["web1"]


def test_model_of_a_verification_knows_how_the_application_is_asked(inventory) -> None:
    inventory.variables |= {"webapp_server_name": "shop.example", "webapp_health_path": "/up"}
    read = inventory.read()
    model = filters.derived(*read, parts=["verify"])["model"]
    to_web1 = {each["name"]: each for each in topology.probe_targets(model, source="lb1")}
    asked = to_web1["lb1 -> web1:3000"]
    assert (asked["host"], asked["path"], asked["statuses"]) == ("shop.example", "/up", [200])
    plan = explain.explain_plan(model, read[1], {}, explain="lb1->web1:3000")
    assert plan["by_host"]["lb1"]["probes"][0] == asked


def test_no_secret_is_derived(inventory) -> None:
    inventory.variables["peerlb_mysql_users"] = [{"name": "ada", "password": "oyster"}]
    assert "oyster" not in json.dumps(filters.derived(*inventory.read(), parts=PARTS))


@pytest.mark.parametrize(
    ("variables", "parts", "message"),
    [
        ({"peerlb_pools": [{"name": "x"}]}, ["nginx_lb"], "^pool x: no flow leads from nginx_lb"),
        ({"peerlb_databases": "{{ nosuch }}"}, ["mysql"], "^host db1: peerlb_databases: 'nosuch'"),
        ({"topology": {"networks": []}}, [], "^topology.networks: declares no network"),
        ({"topology": "{{ none }}"}, [], "^topology: is not declared"),
    ],
)
def test_errors_name_the_variable_at_fault(inventory, variables, parts, message) -> None:
    inventory.variables |= variables
    with pytest.raises(AnsibleFilterError, match=message):
        filters.derived(*inventory.read(), parts=parts)


def test_variables_that_no_part_needs_are_not_read(inventory) -> None:
    inventory.variables |= {"peerlb_databases": "{{ nosuch }}", "webapp_workers": "{{ nosuch }}"}
    assert filters.derived(*inventory.read(), parts=["webapp", "nginx_lb"])


def test_filters_without_hostvars_need_the_model(inventory) -> None:
    with pytest.raises(AnsibleFilterError, match="hand over groups and hostvars too, or the model"):
        topology.pools(inventory.read()[0])


def test_default_interfaces_are_those_of_the_role() -> None:
    defaults = yaml.safe_load((ROOT / "roles/firewall/defaults/main.yml").read_text())
    assert tuple(defaults["firewall_trusted_interfaces"]) == _firewall.TRUSTED
