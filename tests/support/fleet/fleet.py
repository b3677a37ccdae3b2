# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of any number of hosts, and playbooks that run on them without any machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .. import ROOT

PLUGINS = Path(__file__).with_name("plugins")
ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
WEB_NETWORKS = 4  # the number of networks among which the web servers are distributed

Lines = t.Iterator[dict[str, t.Any]]


@dataclass(frozen=True)
class Fleet:
    """The lab's inventory with this number of hosts, and one client in addition.

    path: a new directory for all that a run reads or writes. checkout: the clone whose collection
    runs. hosts: 4 or more. From 40 on there are two load balancers and two databases. spares:
    load balancers in addition.
    """

    path: Path
    hosts: int
    checkout: Path = ROOT
    forks: int = 5
    spares: int = 0

    @property
    def databases(self) -> int:
        """The number of databases."""
        return 2 if self.hosts >= 40 else 1

    @property
    def balancers(self) -> int:
        """The number of load balancers."""
        return self.databases + self.spares

    @property
    def inventory(self) -> Path:
        """The directory of the inventory."""
        return self.path / "inventories/fleet"

    def build(self) -> Fleet:
        """Write the inventory, with the variables of inventories/lab, and return this fleet."""
        without = shutil.ignore_patterns("tls.yml")  # topology() declares no flow of https
        source = ROOT / "inventories/lab/group_vars"
        shutil.copytree(source, self.inventory / "group_vars", ignore=without)
        topology = self.inventory / "group_vars/all/topology.yml"
        topology.write_text(json.dumps({"topology": self.topology()}))
        (self.inventory / "hosts.json").write_text(json.dumps(self.groups()))
        collections = self.path / "collections/ansible_collections/peerlb"
        collections.mkdir(parents=True)
        (collections / "stack").symlink_to(self.checkout.resolve(), target_is_directory=True)
        return self

    def topology(self) -> dict[str, t.Any]:
        """Return the lab's declaration, with more networks of web servers."""
        webs = [f"vpc-webapp-{number}" for number in range(WEB_NETWORKS)]
        networks = ["vpc-nginx-lb", "vpc-db", *webs]
        flows = [
            ("any", "nginx_lb", 80, "http"),
            ("webapp", "nginx_lb", 3306, "mysql"),
            ("nginx_lb", "webapp", 3000, "http"),
            ("nginx_lb", "mysql", 3306, "mysql"),
        ]
        return {
            "networks": [
                {"name": name, "cidrs": [f"10.{number}.0.0/16"]}
                for number, name in enumerate(networks)
            ],
            "peerings": [["vpc-nginx-lb", name] for name in networks[1:]],
            "flows": [dict(zip(("from", "to", "port", "protocol"), flow)) for flow in flows],
            "management": [{"from": "35.235.240.0/20", "port": 22}],
        }

    def groups(self) -> dict[str, t.Any]:
        """Return the groups of the inventory with their hosts, in the form of a YAML inventory."""
        webs = self.hosts - self.balancers - self.databases
        kinds: dict[str, dict[str, dict[str, t.Any]]] = {
            "nginx_lb": {f"lb{at + 1}": _host(0, at) for at in range(self.balancers)},
            "mysql": {f"db{at + 1}": _host(1, at) for at in range(self.databases)},
            "webapp": {
                f"web{at + 1}": _host(2 + at % WEB_NETWORKS, at // WEB_NETWORKS)
                for at in range(webs)
            },
            "clients": {"client": {"ansible_host": "203.0.113.10"}},
        }
        for name, spare in kinds["mysql"].items():
            if name != "db1":  # the databases do not replicate, so only one serves
                spare["peerlb_member"] = {"backup": True}
        groups: dict[str, t.Any] = {name: {"hosts": hosts} for name, hosts in kinds.items()}
        return {**groups, "lab": {"children": {name: {} for name in kinds}}}

    def command(self, playbook: str, *options: str) -> list[str]:
        """Return the command that runs a playbook of the collection, or a file (with a slash)."""
        name = playbook if "/" in playbook else f"peerlb.stack.{playbook}"
        return [str(ANSIBLE_PLAYBOOK), "-i", str(self.inventory), name, *options]

    def environment(self) -> dict[str, str]:
        """Return the environment of that command, without Ansible's settings of the caller."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        return {
            **kept,
            "PYTHONPATH": str(PLUGINS.parents[2]),  # where the plugins find `support`
            "ANSIBLE_HOME": str(self.path / ".ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.path / "collections"),
            "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
            "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
            "ANSIBLE_TRANSPORT": "stub",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_FORKS": str(self.forks),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "FLEET": str(self.path),
        }

    def start(self, playbook: str, *options: str, stdout: t.Any) -> subprocess.Popen[str]:
        """Start a playbook, whose messages and errors go to stdout as one stream."""
        return subprocess.Popen(
            self.command(playbook, *options),
            cwd=self.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def play(self, playbook: str, *options: str) -> tuple[int, str]:
        """Run a playbook to its end. Return its exit code and its output.

        No version of Ansible may warn of it.
        """
        with self.start(playbook, *options, stdout=subprocess.PIPE) as process:
            output, _errors = process.communicate()
        assert "WARNING]" not in output, output
        return process.returncode, output

    def evaluations(self) -> Counter[str]:
        """Return how often the declaration was evaluated since the start, by the filter's name.

        Raises OSError if the function that evaluates was not found.
        """
        return Counter((self.path / "evaluations").read_text().split())

    def costs(self) -> Counter[str]:
        """Return the controller's processor time for each task, in seconds.

        A key is the names of play and task, such as "Install Docker | Check the host". The time
        before the first task does not count.
        """
        lines = list(map(json.loads, (self.path / "costs").read_text().splitlines()))
        found: Counter[str] = Counter()
        for (begun, play, task), (ended, *_next) in zip(lines, lines[1:]):
            found[f"{play} | {task}"] += ended - begun
        return found

    def asked(self, host: str, module: str) -> list[dict[str, t.Any]]:
        """Return the parameters with which a module was called on a host, the first call first.

        A call that was delegated to another host counts as the delegating one's.
        """
        return [params for params, _address in self._calls(host, module)]

    def reached(self, host: str, module: str, **wanted: t.Any) -> list[str]:
        """Return the addresses on which a host called a module with these parameters, in order."""
        return [
            address
            for params, address in self._calls(host, module)
            if wanted.items() <= params.items()
        ]

    def _calls(self, host: str, module: str) -> list[tuple[dict[str, t.Any], str]]:
        log = self.path / "asked" / host
        calls = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
        return [(params, address) for name, params, address in calls if name == module]


def _host(network: int, number: int) -> dict[str, t.Any]:
    """Return the variables of the host with this number in a network of Fleet.topology."""
    address = f"10.{network}.{(number + 2) // 256}.{(number + 2) % 256}"
    return {"ansible_host": address, "peerlb_zone": f"lab-{'abc'[number % 3]}"}
