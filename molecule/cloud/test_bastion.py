# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Come in through the load balancer, with the variables of inventories/gcp as they are.

The hosts are the lab's, told as the inventory plugin tells VMs. Ansible runs in the namespace that
management comes from: the controller itself has no way to any host.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANSIBLE = Path(sys.executable).parent / "ansible"
GROUPS = {
    "nginx_lb": {"lb1": "10.0.0.2"},
    "webapp": {"web1": "10.1.0.2"},
    "mysql": {"db1": "10.2.0.2"},
}
FABRIC = ("ip", "netns", "exec", "peerlb-fabric", "nft")


@pytest.fixture
def admitted() -> t.Iterator[None]:
    """What topology.management has to say for a bastion: SSH from the load balancer."""
    chain = ("inet", "peerlb", "forward")
    rule = (*chain, "ip", "saddr", "10.0.0.2", "tcp", "dport", "22", "accept")
    command = [*FABRIC, "--echo", "--handle", "insert", "rule", *rule]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    (handle,) = re.findall(r"# handle (\d+)", told)
    yield
    subprocess.run([*FABRIC, "delete", "rule", *chain, "handle", handle], check=True)


@pytest.fixture
def inventory(tmp_path) -> t.Iterator[Path]:
    run = time.time_ns()
    hosts: dict[str, dict[str, str]] = {}
    for group, members in GROUPS.items():
        for name, address in members.items():
            hosts[name] = {
                "gcp_id": f"{run}{name}",
                "gcp_name": name,
                "gcp_private_address": address,
                "gcp_public_address": address if group == "nginx_lb" else "",
            }
    told = {"vms": {"hosts": hosts}}
    told.update({group: {"hosts": dict.fromkeys(members)} for group, members in GROUPS.items()})
    place = tmp_path / "inventory"
    shutil.copytree(ROOT / "inventories/gcp/group_vars/vms", place / "group_vars/vms")
    (place / "hosts.json").write_text(json.dumps(told))
    yield place
    for name in hosts.values():
        forget = ["ssh-keygen", "-R", f"compute.{name['gcp_id']}"]
        subprocess.run(forget, capture_output=True, check=False)


def came_from(inventory: Path, host: str) -> str:
    """Return the address from which the host sees the connection come."""
    key = ROOT / ".lab/id_ed25519"
    extra = {"gcp_way_in": "bastion", "ansible_ssh_private_key_file": str(key)}
    extra["ansible_python_interpreter"] = "/usr/bin/python3"
    command = ["ip", "netns", "exec", "peerlb-mgmt", ANSIBLE, "-i", inventory, host, "-m", "setup"]
    done = subprocess.run(
        [*command, "-a", "filter=ansible_env", "-e", json.dumps(extra)],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_SSH_CONTROL_PATH_DIR": str(inventory.parent)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"SSH_CONNECTION\W+([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    return found[1]


def test_the_others_are_reached_through_the_load_balancer(inventory, admitted) -> None:
    manager = came_from(inventory, "lb1")
    assert manager not in ("10.0.0.2", "10.1.0.2")
    assert came_from(inventory, "web1") == "10.0.0.2"
    assert came_from(inventory, "db1") == "10.0.0.2"


def test_without_the_rule_nobody_comes_in(inventory) -> None:
    with pytest.raises(AssertionError, match="UNREACHABLE"):
        came_from(inventory, "web1")
