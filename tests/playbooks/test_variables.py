# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables count wherever an inventory has them: in the group that they are about, too."""

from __future__ import annotations

import json

import yaml
from support import ROOT

PLAYBOOKS = ROOT / "playbooks"


def test_check_reads_the_pools_of_the_group(deployable) -> None:
    lb1 = deployable.groups["nginx_lb"]["lb1"]
    lb1["peerlb_pools"] = [{"name": "nosuch"}]
    lb1["peerlb_listeners"] = [{"port": 81}]
    done = deployable.play("check")
    assert done.returncode == 2, done.stdout
    assert "pool nosuch: no flow leads from nginx_lb to it" in done.stdout
    assert "listener 81: no flow admits anybody" in done.stdout


def test_check_admits_flows_to_what_else_the_hosts_have(deployable) -> None:
    flows = deployable.variables["topology"]["flows"]
    flows.insert(1, {"from": "nginx_lb", "to": "webapp", "port": 9100, "protocol": "tcp"})
    flows.append({"from": "nginx_lb", "to": "mysql", "port": 9104, "protocol": "tcp"})
    done = deployable.play("check")
    assert done.returncode == 0, done.stdout
    # Text up to ansible-core 2.18, which the role's modules take as a number.
    assert int(variables(deployable, "webapp", "webapp_port")["webapp_port"]) == 3000
    assert int(variables(deployable, "mysql", "mysql_port")["mysql_port"]) == 3306


def test_a_variable_without_a_value_is_as_good_as_none(deployable) -> None:
    names = ("notify", "acme", "tls", "url_map", "gatekeeper", "waf")
    deployable.variables |= {f"nginx_lb_{name}": None for name in (*names, "never_banned")}
    deployable.variables |= {"peerlb_gatekeeper": {"rules": []}, "peerlb_tls": None}
    given = variables(deployable, "nginx_lb", *(f"nginx_lb_{name}" for name in names))
    assert given.pop("nginx_lb_gatekeeper") == {"rules": []}
    assert list(given.values()) == [{}] * len(given)
    deployable.variables["peerlb_certificates"] = None
    assert variables(deployable, "nginx_lb", "nginx_lb_certificates") == {
        "nginx_lb_certificates": []
    }
    (banned,) = variables(deployable, "nginx_lb", "nginx_lb_never_banned").values()
    assert banned


def variables(stack, name: str, *wanted: str) -> dict:
    """Return variables as a playbook hands them to its role."""
    files = [PLAYBOOKS / f"{name}.yml", PLAYBOOKS / f"steps/{name}.yml"]
    play = next(
        each
        for file in files
        if file.exists()
        for each in yaml.safe_load(file.read_text())
        if "vars" in each and {"roles", "ansible.builtin.import_role"} & set(each)
    )
    shown = "{{ {" + ", ".join(f"'{key}': {key}" for key in wanted) + "} | to_json }}"
    task = {
        "ansible.builtin.copy": {"content": shown, "dest": str(stack.path / "shown.json")},
        "run_once": True,
    }
    derive = {
        "ansible.builtin.import_playbook": "peerlb.stack.derive",
        "vars": {"__groups": [name], "__parts": [name]},
    }
    own = {"hosts": name, "gather_facts": False, "vars": play["vars"], "tasks": [task]}
    (stack.path / "show.yml").write_text(yaml.safe_dump([derive, own]))
    done = stack.play(str(stack.path / "show.yml"))
    assert done.returncode == 0, done.stdout
    return json.loads((stack.path / "shown.json").read_text())


def test_application_and_mysql_mean_the_same_account(deployable) -> None:
    for host in deployable.groups["webapp"].values():
        host |= {"webapp_mysql_user": "shop", "webapp_mysql_database": "orders"}
    deployable.variables["peerlb_databases"] = [{"name": "reports"}]
    found = variables(deployable, "mysql", "mysql_databases", "mysql_users")
    assert found["mysql_databases"] == [{"name": "orders"}, {"name": "reports"}]
    user = found["mysql_users"][0]
    assert (user["name"], user["privileges"]) == ("shop", "orders.*:ALL")


def test_the_applications_database_may_be_written_out(deployable) -> None:
    deployable.variables["peerlb_databases"] = [{"name": "webapp", "seed": "shop.sql"}]
    found = variables(deployable, "mysql", "mysql_databases")
    assert found["mysql_databases"] == [{"name": "webapp", "seed": "shop.sql"}]
