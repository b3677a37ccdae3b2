# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket

import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import path_info


def test_host_without_ip_docker_and_nft(run_module, monkeypatch) -> None:
    def run_command(_self, command, **_options) -> None:
        raise FileNotFoundError(2, "No such file or directory", command[0])

    monkeypatch.setattr(AnsibleModule, "run_command", run_command)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        doors = [{"source": "10.0.0.2", "address": "127.0.0.1", "port": port}]
        found = run_module(path_info, doors=doors, routes=["10.0.0.2"], check_mode=True)
    assert found["changed"] is False
    (door,) = found["doors"]
    assert [each["hears"] for each in door["sockets"]] == [True]
    assert (door["firewall"], door["containers"], door["arrived"]) == (None, [], None)
    assert "No such file" in found["routes"]["10.0.0.2"]


def test_without_options_nothing_is_returned(run_module) -> None:
    found = run_module(path_info)
    assert (found["routes"], found["doors"]) == ({}, [])


def test_documented_sample_has_every_documented_key() -> None:
    documented = yaml.safe_load(path_info.RETURN)["doors"]
    assert set(documented["contains"]) == set(documented["sample"][0])


def test_container_to_which_no_rule_leads_is_told(run_module, monkeypatch) -> None:
    container = {"name": "peerlb-mysql"}
    doors = [{"containers": [container]}]
    monkeypatch.setattr(path_info, "inspect_ports", lambda *_of: doors)
    monkeypatch.setattr(path_info, "containers", lambda _run: [])
    for lost, ruled in ((["peerlb-mysql"], False), ([], True)):
        monkeypatch.setattr(path_info, "without_rules", lambda *_of, lost=lost: lost)
        found = run_module(path_info, doors=[{"address": "10.2.0.2", "port": 3306}])
        assert found["doors"][0]["containers"][0]["ruled"] is ruled
