# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as the scenarios' tests use it: playbooks, commands on hosts, programs in their networks.

Playbooks and on() take the way of an operator, Ansible; shell() takes plain ssh; within() runs a
program of this machine in the network namespace of a host, of the fabric, or of mgmt and client.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

from support import ROOT

Done = subprocess.CompletedProcess[str]

PROGRAMS = Path(sys.executable).parent
INVENTORY = "inventories/lab"
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
    # Not the ones that molecule sets for its own runs.
    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_NOCOLOR": "1",
}
ADDRESSES = {"lb1": "10.0.0.2", "web1": "10.1.0.2", "web2": "10.1.0.3", "db1": "10.2.0.2"}


def run(command: t.Sequence[str], text: str = "", seconds: float | None = None) -> Done:
    """Run a program of this machine to its end, with text as its input."""
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, input=text, timeout=seconds,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def start(command: t.Sequence[str], **options: t.Any) -> subprocess.Popen[str]:
    """Start a program of this machine; options are those of Popen."""
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, text=True, **options)


def said(done: Done) -> str:
    """Return what a program printed; it must have succeeded."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout


# By Ansible


def playbook(name: str, /, *options: str, **variables: t.Any) -> list[str]:
    """Return the command that runs playbooks/NAME.yml on the lab."""
    command = [str(PROGRAMS / "ansible-playbook"), "-i", INVENTORY, f"playbooks/{name}.yml"]
    return [*command, *options, "-e", json.dumps(variables)]


def play(name: str, /, *options: str, **variables: t.Any) -> Done:
    return run(playbook(name, *options, **variables))


def start_play(name: str, /, *options: str, **variables: t.Any) -> subprocess.Popen[str]:
    """Start a playbook; its messages and its errors come in one stream."""
    command = playbook(name, *options, **variables)
    return start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def changes(done: Done) -> dict[str, int]:
    """Return how much a playbook, which must have succeeded, changed on each host."""
    recap = re.findall(r"^(\S+) +: ok=.* changed=(\d+)", said(done), re.MULTILINE)
    assert recap, done.stdout[-3000:]
    return {host: int(count) for host, count in recap}


def on(hosts: str, arguments: str, module: str = "ansible.builtin.command") -> str:
    """Run a command (or another module) on hosts, as root; it must succeed on all."""
    command = [str(PROGRAMS / "ansible"), "-i", INVENTORY, hosts, "--become"]
    return said(run([*command, "--module-name", module, "--args", arguments]))


def declaration() -> dict[str, t.Any]:
    """Return the topology that the lab's inventory declares."""
    path = ROOT / INVENTORY / "group_vars/all/topology.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["topology"]


# By ssh


def connection() -> dict[str, str]:
    """Return how any host of the lab is reached, as variables of a host."""
    words = [
        *("-o", "ProxyCommand='ip netns exec peerlb-mgmt nc %h %p'"),
        *("-o", f"UserKnownHostsFile={ROOT / '.lab/known_hosts'}"),
        *("-o", "StrictHostKeyChecking=yes"),
    ]
    return {
        "ansible_user": "ops",
        "ansible_ssh_private_key_file": str(ROOT / ".lab/id_ed25519"),
        "ansible_ssh_common_args": " ".join(words),
    }


def ssh(host: str, command: str) -> list[str]:
    """Return the command that runs a shell command as root on a host."""
    way = connection()
    return [
        *("ssh", "-q", "-i", way["ansible_ssh_private_key_file"]),
        *shlex.split(way["ansible_ssh_common_args"]),
        *(f"{way['ansible_user']}@{ADDRESSES[host]}", f"sudo sh -c {shlex.quote(command)}"),
    ]


def shell(host: str, command: str, text: str = "") -> str:
    """Run a shell command as root on a host, with text as its input; it must succeed."""
    return said(run(ssh(host, command), text, seconds=120))


# In a network namespace


def inside(name: str, *command: str) -> list[str]:
    """Return the command that runs a program of this machine in the network of a host."""
    return ["ip", "netns", "exec", f"peerlb-{name}", *command]


def within(name: str, *command: str, text: str = "") -> str:
    """Run a program of this machine in the network of a host; it must succeed."""
    return said(run(inside(name, *command), text))


@contextlib.contextmanager
def fabric_rule(rule: str) -> t.Iterator[None]:
    """Have a rule, such as "inet peerlb forward accept", at the head of a chain of the fabric."""
    added = within("fabric", "nft", "--echo", "--handle", f"insert rule {rule}")
    (handle,) = re.findall(r"# handle (\d+)", added)
    try:
        yield
    finally:
        chain = rule.split()[:3]
        within("fabric", "nft", "delete", "rule", *chain, "handle", handle)
