# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks run on hosts that are this machine, in a network of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NETWORK = Path(__file__).with_name("network.py")
MEMBER = {"state": "up", "backup": False, "weight": 1}
MEMBERS = [{"name": "web1", **MEMBER}, {"name": "web2", **MEMBER}]


def anybody(target: str, port: int, protocol: str) -> dict[str, t.Any]:
    """Return a flow from all: on one machine, all reach all."""
    return {"from": "any", "to": target, "port": port, "protocol": protocol}


@dataclass
class Stack:
    """An inventory, the variables of the command line, and what the service answers."""

    path: Path
    groups: dict[str, dict[str, dict]]
    variables: dict[str, t.Any]
    extra: dict[str, t.Any]
    served_by: list[str] = field(default_factory=lambda: ["web1", "web2"])
    connection: int = 200
    name: str = ""  # the only one by which the application answers

    def play(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run a playbook of the collection, or a file; what it says is in stdout.

        No version of Ansible may warn of it.
        """
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        answers = {"served_by": self.served_by, "connection": self.connection, "name": self.name}
        given = json.dumps(answers)
        program = Path(sys.executable).with_name("ansible-playbook")
        done = subprocess.run(
            ["unshare", "-rn", sys.executable, NETWORK, given, program, "-i", self._write()]
            + [
                name if "/" in name else f"peerlb.stack.{name}",
                "-e",
                json.dumps(self.extra),
                *options,
            ],
            cwd=self.path,
            env={**kept, "ANSIBLE_NOCOLOR": "1", "PATH": f"{self.path}:{kept['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        assert "WARNING]" not in done.stdout, done.stdout
        return done

    def _write(self) -> Path:
        inventory = self.path / "hosts.json"
        groups = {name: {"hosts": hosts} for name, hosts in self.groups.items()}
        inventory.write_text(json.dumps({"all": {"vars": self.variables, "children": groups}}))
        return inventory

    def report(self) -> dict[str, t.Any]:
        return json.loads((self.path / "report/peerlb-report.json").read_text())


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack in which all is well."""
    variables = {
        "topology": {
            "networks": [{"name": "vpc", "cidrs": ["10.0.0.0/8"]}],
            "peerings": [],
            "flows": [
                anybody("nginx_lb", 80, "http"),
                anybody("webapp", 3000, "http"),
                anybody("mysql", 3306, "tcp"),
            ],
        },
        "ansible_connection": "local",
        # Inventories that say so must not decide how the controller's own tasks run.
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "ansible_become": False,
        "verify_report_dir": str(tmp_path / "report"),
    }
    groups = {
        "nginx_lb": {"lb1": {"ansible_host": "10.0.0.2"}},
        "webapp": {"web1": {"ansible_host": "10.1.0.2"}, "web2": {"ansible_host": "10.1.0.3"}},
        "mysql": {"db1": {"ansible_host": "10.2.0.2"}},
        "clients": {"client": {"ansible_host": "203.0.113.10"}},
    }
    # There is no nginx: this stands for what it would tell.
    told = {"serving": "3f9a1c52be07", "pools": [{"name": "webapp", "members": MEMBERS}]}
    return Stack(tmp_path, groups, variables, {"__release_info": told})


@pytest.fixture
def deployable(stack: Stack) -> Stack:
    """A stack with flows that can be deployed, and not only probed."""
    flows = stack.variables["topology"]["flows"]
    flows[1]["from"] = flows[2]["from"] = "nginx_lb"
    flows[2]["protocol"] = "mysql"
    flows.append({"from": "webapp", "to": "nginx_lb", "port": 3306, "protocol": "mysql"})
    stack.variables |= {"mysql_root_password": "root-pw", "webapp_mysql_password": "web-pw"}
    return stack
