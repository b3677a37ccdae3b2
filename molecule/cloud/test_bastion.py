# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connect through the load balancer as a bastion, with the variables of inventories/gcp.

The hosts are the lab's, with the variables that Google Cloud's inventory plugin gives to VMs.
Ansible runs in the namespace "mgmt", because the controller itself has no route to any host.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from support.lab import PROGRAMS, ROOT, connection, fabric_rule, in_network, run

GROUPS = {
    "nginx_lb": {"lb1": "10.0.0.2"},
    "webapp": {"web1": "10.1.0.2"},
    "mysql": {"db1": "10.2.0.2"},
}


@pytest.fixture
def admitted() -> t.Iterator[None]:
    """Admit SSH from the load balancer, as topology.management must do for a bastion."""
    with fabric_rule("inet peerlb forward ip saddr 10.0.0.2 tcp dport 22 accept"):
        yield


@pytest.fixture
def inventory(tmp_path) -> t.Iterator[Path]:
    """Return the path of an inventory with one host of each group."""
    run = time.time_ns()
    hosts: dict[str, dict[str, str]] = {}
    for group, members in GROUPS.items():
        for name, address in members.items():
            hosts[name] = {
                "gcp_id": f"{run}{name}",
                "gcp_name": name,
                "gcp_private_address": address,
                "peerlb_public_address": address if group == "nginx_lb" else "",
            }
    content = {"vms": {"hosts": hosts}}
    content.update({group: {"hosts": dict.fromkeys(members)} for group, members in GROUPS.items()})
    place = tmp_path / "inventory"
    shutil.copytree(ROOT / "inventories/gcp/group_vars/vms", place / "group_vars/vms")
    (place / "hosts.json").write_text(json.dumps(content))
    yield place
    for name in hosts.values():
        forget = ["ssh-keygen", "-R", f"compute.{name['gcp_id']}"]
        subprocess.run(forget, capture_output=True, check=False)


def ssh_source(inventory: Path, host: str) -> str:
    """Return the source address of Ansible's SSH connection, as the host sees it."""
    key = connection()["ansible_ssh_private_key_file"]
    extra = {"gcp_way_in": "bastion", "ansible_ssh_private_key_file": key}
    extra["ansible_python_interpreter"] = "/usr/bin/python3"
    command = [str(PROGRAMS / "ansible"), "-i", str(inventory), host, "-e", json.dumps(extra)]
    command += ["-m", "setup", "-a", "filter=ansible_env"]
    done = run(
        in_network("mgmt", "env", f"ANSIBLE_SSH_CONTROL_PATH_DIR={inventory.parent}", *command)
    )
    found = re.search(r"SSH_CONNECTION\W+([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    return found[1]


def test_ansible_reaches_other_hosts_through_the_load_balancer(inventory, admitted) -> None:
    manager = ssh_source(inventory, "lb1")
    assert manager not in ("10.0.0.2", "10.1.0.2")
    assert ssh_source(inventory, "web1") == "10.0.0.2"
    assert ssh_source(inventory, "db1") == "10.0.0.2"


def test_ansible_reaches_no_host_without_the_rule(inventory) -> None:
    with pytest.raises(AssertionError, match="UNREACHABLE"):
        ssh_source(inventory, "web1")
