# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deploy on hosts without images and without a way out. Run by molecule, or by pytest with a lab.

The fabric refuses what the stack's hosts send to the mirror and to the uplink. It does not drop it,
so that what tries all the same fails at once; the rules count it.
The tests are steps in this order. At the end the fabric is as it was and the stack is deployed as
before.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
ENVIRONMENT = {
    **os.environ,
    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    "ANSIBLE_FORCE_COLOR": "0",
    "ANSIBLE_NOCOLOR": "1",
}
ADDRESSES = {"lb1": "10.0.0.2", "web1": "10.1.0.2", "web2": "10.1.0.3", "db1": "10.2.0.2"}
HOSTS = "nginx_lb:webapp:mysql"
MIRROR = ("198.18.77.2", 5000)
NAMES = ("198.18.77.1", 53)  # on the other side of the uplink
# Clients of the stack are on the internet, and have other addresses.
RULES = {
    "mirror": f"inet peerlb input ip saddr 10.0.0.0/8 tcp dport {MIRROR[1]} counter reject",
    "uplink": "inet peerlb forward ip saddr 10.0.0.0/8 oifname uplink counter reject",
}


def within(host: str, *command: str) -> str:
    """Run a program of this machine in the network of a host."""
    done = subprocess.run(
        ("ip", "netns", "exec", f"peerlb-{host}", *command),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ways_out() -> set[tuple[str, str]]:
    """Try every way out from every host; return host and way of those that are open.

    The mirror by a TCP connection, the uplink by a question to the name server.
    """
    script = (
        "import socket, sys\n"
        "def attempt(name, kind, address, send, wanted):\n"
        "    s = socket.socket(socket.AF_INET, kind); s.settimeout(2)\n"
        "    try:\n"
        "        s.connect(address); s.send(send)\n"
        "        if not wanted or s.recv(512): print(name)\n"
        "    except OSError: pass\n"
        f"attempt('mirror', socket.SOCK_STREAM, {MIRROR}, b'', False)\n"
        r"question = b'\0\1\1\0\0\1\0\0\0\0\0\0\tlocalhost\0\0\1\0\1'" + "\n"
        f"attempt('uplink', socket.SOCK_DGRAM, {NAMES}, question, True)\n"
    )
    return {
        (host, way)
        for host in ADDRESSES
        for way in within(host, sys.executable, "-I", "-c", script).split()
    }


def ansible(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (PROGRAMS / program, *arguments),
        cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def on(hosts: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script on hosts, as root."""
    return ansible("ansible", hosts, "--become", "-m", "ansible.builtin.shell", "-a", script)


def changes(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Return how much a play changed on each host of the stack."""
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    found = dict(re.findall(r"^(\w+) +: ok=.* changed=(\d+)", done.stdout, re.M))
    return {host: int(found[host]) for host in ADDRESSES}


def refused(way: str) -> int:
    """Return how many packets a rule has refused so far."""
    chain = RULES[way].split()[2]
    listed = json.loads(within("fabric", "nft", "-j", "list", "chain", "inet", "peerlb", chain))
    first = next(part["rule"] for part in listed["nftables"] if "rule" in part)
    return next(part["counter"]["packets"] for part in first["expr"] if "counter" in part)


def save(image: str, path: Path) -> None:
    """Copy an image of the mirror into an archive, by the network of a host that may reach it."""
    within(
        "lb1", "skopeo", "copy", "--quiet", "--insecure-policy", "--src-tls-verify=false",
        f"docker://{MIRROR[0]}:{MIRROR[1]}/library/{image}", f"docker-archive:{path}:{image}",
    )  # fmt: skip


def save_application(path: Path) -> str:
    """Copy the application's image from where it was built into an archive; return its name."""
    ssh = ("ssh", "-q", "-i", str(ROOT / ".lab/id_ed25519"), "-o", "StrictHostKeyChecking=yes")
    ssh += ("-o", f"UserKnownHostsFile={ROOT / '.lab/known_hosts'}", f"ops@{ADDRESSES['web1']}")
    asked = "sudo docker inspect --format '{{.Config.Image}}' peerlb-webapp"
    name = within("mgmt", *ssh, asked).strip()
    with path.open("wb") as file:
        command = ("ip", "netns", "exec", "peerlb-mgmt", *ssh, f"sudo docker save {name}")
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, check=True)
    return name


@contextlib.contextmanager
def rule(text: str) -> t.Iterator[None]:
    """Have a rule at the head of a chain of the fabric."""
    added = within("fabric", "nft", "--echo", "--handle", f"insert rule {text}")
    (handle,) = re.findall(r"# handle (\d+)", added)
    try:
        yield
    finally:
        chain = text.split()[:3]
        within("fabric", "nft", "delete", "rule", *chain, "handle", handle)


@pytest.fixture(scope="module", autouse=True)
def inventory(request, tmp_path_factory) -> t.Iterator[Path]:
    """Have archives, an inventory that names them, and no way out; mend everything at the end."""
    directory = tmp_path_factory.mktemp("archives")
    with contextlib.ExitStack() as mend:
        mend.callback(shutil.rmtree, directory)
        archives = {"nginx:1.30": directory / "nginx.tar", "mysql:9.7": directory / "mysql.tar"}
        for image, path in archives.items():
            save(image, path)
        name = save_application(directory / "webapp.tar")
        groups = {
            "nginx_lb": {"nginx:1.30": archives["nginx:1.30"]},
            "webapp": {name: directory / "webapp.tar"},
            "mysql": {"mysql:9.7": archives["mysql:9.7"]},
        }
        said: dict[str, t.Any] = {
            group: {
                "vars": {
                    "docker_image_archives": [
                        {"name": image, "path": str(path)} for image, path in images.items()
                    ]
                }
            }
            for group, images in groups.items()
        }
        said["webapp"]["vars"]["webapp_image"] = name
        inventory = directory / "archives.yml"
        inventory.write_text(json.dumps(said), encoding="utf-8")

        everything = {(host, way) for host in ADDRESSES for way in RULES}
        assert ways_out() == everything, "the tests below would prove nothing"
        mend.callback(deploy_as_before, request.session)
        for text in RULES.values():
            mend.enter_context(rule(text))
        yield inventory


def deploy_as_before(session: pytest.Session) -> None:
    """Let the application be the role's own again; after a failure, do everything anew."""
    done = ansible(
        "ansible-playbook", f"playbooks/{'site' if session.testsfailed else 'webapp'}.yml"
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def deploy(inventory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return ansible(
        "ansible-playbook", "-i", "inventories/lab", "-i", str(inventory), *options,
    )  # fmt: skip


def test_no_host_reaches_the_mirror_or_the_internet() -> None:
    assert ways_out() == set()
    assert refused("mirror") >= len(ADDRESSES)
    assert refused("uplink") >= len(ADDRESSES)


def test_without_its_image_a_host_gets_none() -> None:
    emptied = on(
        HOSTS,
        "docker ps --quiet | xargs -r docker stop -t 5;"
        " docker system prune --all --force >/dev/null;"
        ' test -z "$(docker ps --all --quiet)$(docker image ls --all --quiet)"',
    )
    assert emptied.returncode == 0, emptied.stdout
    volume = on("mysql", "docker volume inspect peerlb-mysql-data")
    assert volume.returncode == 0, volume.stdout
    pulled = on(HOSTS, "timeout 30 docker pull nginx:1.30; test $? = 1")
    assert pulled.returncode == 0, pulled.stdout


def test_a_check_predicts_it(inventory) -> None:
    done = deploy(inventory, "playbooks/docker.yml", "--check")
    assert changes(done) == dict.fromkeys(ADDRESSES, 1)


def test_the_stack_is_deployed_from_archives(inventory) -> None:
    before = refused("mirror")
    done = deploy(inventory, "playbooks/site.yml")
    assert all(changes(done).values())
    assert "hosts are as declared" in done.stdout
    url = f"http://{ADDRESSES['lb1']}/connection?format=json"
    answer = within("client", "curl", "-sf", "-m", "10", "-H", "Accept: text/plain", url)
    assert "Connection successful" in answer
    assert refused("mirror") == before, "a registry was asked for an image that is there"
    left = on(HOSTS, "test ! -e /opt/peerlb/images")
    assert left.returncode == 0, left.stdout


def test_a_second_run_changes_nothing(inventory) -> None:
    before = refused("mirror")
    assert changes(deploy(inventory, "playbooks/site.yml")) == dict.fromkeys(ADDRESSES, 0)
    assert refused("mirror") == before
