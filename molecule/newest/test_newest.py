# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operate the stack with the newest Ansible of the index. Run by molecule, or by pytest with a lab.

The controller is a host that the lab gets for these tests, with Debian 13 and its Python. The
collection comes to it as the archive that is published, and the inventory as a copy. The tests are
steps that run in this order. At the end, the host is gone and the stack is as before.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import pytest
import yaml
from support.lab import (
    ADDRESSES,
    PROGRAMS,
    ROOT,
    Done,
    changes,
    fabric_rule,
    output_of,
    run,
    run_in_network,
    ssh,
)

CONTROL = "10.0.0.9"
RULE = f"inet peerlb forward ip saddr {CONTROL} tcp dport 22 ct state new accept"
PROJECT = "/root/project"
PLAYBOOK = "LANG=C.UTF-8 ANSIBLE_PIPELINING=1 venv/bin/ansible-playbook -i inventories/lab"
# In the place of the way through the lab's namespace.
DIRECT = {
    "ansible_ssh_common_args": "-o UserKnownHostsFile={{ inventory_dir }}/../../.lab/known_hosts"
}


def lab(*arguments: str) -> None:
    """Run a command of the lab."""
    output_of(run([sys.executable, "-m", "lab", *arguments]))


def on_control(command: str) -> Done:
    """Run a shell command as root on the controller, in the project."""
    return run(ssh("control", f"cd {PROJECT} && {command}"), seconds=300)


def index() -> str:
    """Return shell code that makes uv use the index that pip uses on this machine.

    Directories of this machine are left out, and the host has certificates of its own.
    """
    settings = run([sys.executable, "scripts/pip_settings.py", "env"])
    kept = re.findall(r"^((?:UV_(?!INDEX=|FIND_LINKS=)\w+|ALL_PROXY)=.*)$", settings.stdout, re.M)
    lines = [*kept, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]
    return "".join(f"export '{line}'\n" for line in lines)


def pack(project: Path) -> bytes:
    """Return a tar archive of a project: inventory, collection, uv and the settings for it."""
    shutil.copytree(ROOT / "inventories/lab", project / "inventories/lab")
    direct = project / "inventories/lab/group_vars/lab/zz_direct.yml"
    direct.write_text(yaml.safe_dump(DIRECT))
    shutil.copytree(ROOT / ".lab/secrets", project / ".lab/secrets")
    for name in ("id_ed25519", "known_hosts"):
        shutil.copy(ROOT / ".lab" / name, project / ".lab")
    build = [PROGRAMS / "ansible-galaxy", "collection", "build", "--output-path", project]
    output_of(run([str(word) for word in build]))
    shutil.copy(PROGRAMS / "uv", project)
    (project / "index.sh").write_text(index())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(project, ".")
    return packed.getvalue()


@pytest.fixture(scope="module", autouse=True)
def control(tmp_path_factory) -> t.Iterator[None]:
    """Add the controller to the lab, with the newest Ansible and the collection."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ADDRESSES, "control", CONTROL)
        try:
            lab("-i", "inventories/lab", "-i", "molecule/newest/control.ini", "up")
            with fabric_rule(RULE):
                route_from_the_client()
                install(pack(tmp_path_factory.mktemp("project")))
                yield
        finally:
            lab("up")


def route_from_the_client() -> None:
    """Let the client on the internet answer the controller. The lab's last command undoes it."""
    rules = run_in_network("fabric", "ip", "rule")
    (table,) = re.findall(r"iif client lookup (\d+)", rules)
    route = ["route", "replace", f"{CONTROL}/32", "dev", "control", "scope", "link"]
    run_in_network("fabric", "ip", *route, "table", table)


def install(project: bytes) -> None:
    """Unpack the project on the controller, and install the newest Ansible and the collection."""
    unpack = f"mkdir -p {PROJECT} && tar -x --no-same-owner -C {PROJECT}"
    subprocess.run(ssh("control", unpack), input=project, cwd=ROOT, check=True)
    make = "./uv --quiet venv --python /usr/bin/python3 venv"
    ansible = "./uv --quiet pip install --no-cache --python venv/bin/python ansible"
    output_of(on_control(f". ./index.sh && {make} && {ansible}"))
    output_of(on_control("venv/bin/ansible-galaxy collection install ./*.tar.gz"))


def play(name: str, options: str = "") -> dict[str, int]:
    """Run a playbook of the collection on the controller. Return the changes of each host."""
    done = on_control(f"{PLAYBOOK} peerlb.stack.{name} {options}")
    said = output_of(done) + done.stderr
    assert "WARNING" not in said, said
    return changes(done)


def test_ansible_is_the_newest_on_the_python_of_debian_13() -> None:
    told = output_of(on_control("venv/bin/ansible --version"))
    core = re.search(r"core (\d+)\.(\d+)", told)
    assert core and (int(core[1]), int(core[2])) >= (2, 21), told
    assert "python version = 3.13" in told


def test_deployment_by_another_ansible_is_as_this_one_would_make_it() -> None:
    first = play("site")
    # Whoever runs this file alone may have a lab without a deployment.
    second = play("site") if any(first.values()) else first
    assert not any(second.values()), second


def test_weights_are_set_and_set_back() -> None:
    assert play("set_weights", "-e weights=web1=3,web2=1")["lb1"] == 1
    assert play("set_weights", "-e weights=web1=3,web2=1")["lb1"] == 0
    assert play("set_weights", "-e weights=inventory")["lb1"] == 1


def test_service_is_verified_and_shown() -> None:
    play("verify")
    status = output_of(on_control(f"{PLAYBOOK} peerlb.stack.lb_status"))
    assert re.search(r"nginx 1\.\d+\.\d+ runs", status), status
