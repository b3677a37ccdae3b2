# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access to the lab for the scenarios' tests: playbooks, commands on hosts, programs in networks.

play() and ansible() connect as an operator does. shell() uses plain ssh. run_in_network() runs a
program of this machine in a network namespace of the lab: a host's, "client", "mgmt" or "fabric".
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
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
    # These replace what molecule sets for its own runs.
    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_NOCOLOR": "1",
}
ADDRESSES = {"lb1": "10.0.0.2", "web1": "10.1.0.2", "web2": "10.1.0.3", "db1": "10.2.0.2"}


def run(command: t.Sequence[str], text: str = "", seconds: float | None = None) -> Done:
    """Run a program of this machine to its end, with *text* as its stdin."""
    return subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, input=text, timeout=seconds,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def start(command: t.Sequence[str], **options: t.Any) -> subprocess.Popen[str]:
    """Start a program of this machine. The options are those of Popen."""
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, text=True, **options)


def output_of(done: Done) -> str:
    """Return the stdout of a program, and fail the test unless the program succeeded."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout


def messages(done: Done) -> list[str]:
    """Return the elements of all messages of a playbook that are lists, each on one line.

    The callback prints them as YAML, which breaks and quotes long lines.
    """
    found: list[str] = []
    for block in re.findall(r"^    msg:\n(?:    .*\n)+", output_of(done), re.MULTILINE):
        message = yaml.safe_load(textwrap.dedent(block))["msg"]
        found += map(str, message) if isinstance(message, list) else []
    return found


# By Ansible


def playbook(name: str, /, *options: str, **variables: t.Any) -> list[str]:
    """Return the command that runs playbooks/<name>.yml on the lab."""
    command = [str(PROGRAMS / "ansible-playbook"), "-i", INVENTORY, f"playbooks/{name}.yml"]
    return [*command, *options, "-e", json.dumps(variables)]


def play(name: str, /, *options: str, **variables: t.Any) -> Done:
    """Run playbooks/<name>.yml on the lab to its end. It may fail."""
    return run(playbook(name, *options, **variables))


def start_play(name: str, /, *options: str, **variables: t.Any) -> subprocess.Popen[str]:
    """Start a playbook. Its stdout has its errors too."""
    command = playbook(name, *options, **variables)
    return start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def changes(done: Done) -> dict[str, int]:
    """Return the number of changes on each host, such as {"lb1": 1, "web1": 0}.

    The playbook must have succeeded.
    """
    recap = re.findall(r"^(\S+) +: ok=.* changed=(\d+)", output_of(done), re.MULTILINE)
    assert recap, done.stdout[-3000:]
    return {host: int(count) for host, count in recap}


def ansible(hosts: str, arguments: str, module: str = "ansible.builtin.command") -> str:
    """Run a command, or another module, on hosts as root, and return Ansible's output.

    It must succeed on all hosts.
    """
    command = [str(PROGRAMS / "ansible"), "-i", INVENTORY, hosts, "--become"]
    return output_of(run([*command, "--module-name", module, "--args", arguments]))


def declaration() -> dict[str, t.Any]:
    """Return the topology that the lab's inventory declares."""
    path = ROOT / INVENTORY / "group_vars/all/topology.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["topology"]


# By ssh


def connection() -> dict[str, str]:
    """Return the variables with which Ansible connects to any host of the lab."""
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
    """Return the command that runs a shell command as root on a host, by its name or address."""
    variables, address = connection(), ADDRESSES.get(host, host)
    return [
        *("ssh", "-q", "-i", variables["ansible_ssh_private_key_file"]),
        *shlex.split(variables["ansible_ssh_common_args"]),
        *(f"{variables['ansible_user']}@{address}", f"sudo sh -c {shlex.quote(command)}"),
    ]


def shell(host: str, command: str, text: str = "") -> str:
    """Run a shell command as root on a host, with *text* as its stdin, and return its stdout.

    The command must succeed.
    """
    return output_of(run(ssh(host, command), text, seconds=120))


# In a network namespace


def in_network(name: str, *command: str) -> list[str]:
    """Return the command that runs a program of this machine in a network namespace."""
    return ["ip", "netns", "exec", f"peerlb-{name}", *command]


def run_in_network(name: str, *command: str, text: str = "") -> str:
    """Run a program of this machine in a network namespace and return its stdout.

    The program must succeed.
    """
    return output_of(run(in_network(name, *command), text))


@contextlib.contextmanager
def fabric_rule(rule: str) -> t.Iterator[None]:
    """Insert a rule, such as "inet peerlb forward accept", at the top of a chain of the fabric.

    The rule is deleted at the end of the block.
    """
    added = run_in_network("fabric", "nft", "--echo", "--handle", f"insert rule {rule}")
    (handle,) = re.findall(r"# handle (\d+)", added)
    try:
        yield
    finally:
        chain = rule.split()[:3]
        run_in_network("fabric", "nft", "delete", "rule", *chain, "handle", handle)
