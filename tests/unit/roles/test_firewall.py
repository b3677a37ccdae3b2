# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


def test_firewall_is_off_by_default(role) -> None:
    assert role.load("defaults/main.yml")["firewall_enabled"] is False


def test_defaults_are_the_documented_ones(role, spec) -> None:
    documented = {name: option["default"] for name, option in spec.items()}
    assert list(documented.items()) == list(role.load("defaults/main.yml").items())


def test_nftables_service_loads_the_rules_when_it_starts_and_reloads(role) -> None:
    extension = role.render("nftables.conf.j2", ansible_managed="by Ansible")
    load = "nft --file /opt/peerlb/firewall/rules.nft"
    assert extension.endswith(f"[Service]\nExecStartPost={load}\nExecReload={load}\n")


def test_rules_are_loaded_before_the_network_is_up(role) -> None:
    unit = role.render("peerlb-firewall.service.j2", ansible_managed="by Ansible")
    assert "\nBefore=network-pre.target\n" in unit
    assert "\nExecStart=nft --file /opt/peerlb/firewall/rules.nft\n" in unit
    assert "shutdown.target" not in unit
    assert "ExecStop" not in unit
    assert "docker" not in unit  # such as After=docker.service


def test_timer_that_undoes_the_rules_starts_before_they_are_loaded(role) -> None:
    (load,) = [task for task in role.load("tasks/try.yml") if "Start the timer" in task["name"]]
    script = load["ansible.builtin.shell"]["cmd"]
    assert (
        0
        < script.index("undo.nft\n")
        < script.index("systemd-run")
        < script.index("nft --file trial")
    )
