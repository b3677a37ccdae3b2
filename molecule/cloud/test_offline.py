# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deploy on hosts without images and without internet. Run by molecule, or by pytest with a lab.

The fabric rejects packets from the stack's hosts to the mirror and to the uplink, and counts them.
It rejects and does not drop them, so that an attempt fails at once. The tests are steps that run in
this order. At the end, the fabric is as before and the stack is deployed as before.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support.lab import (
    ADDRESSES,
    Done,
    ansible,
    changes,
    fabric_rule,
    output_of,
    play,
    run_in_network,
    shell,
    ssh,
)

HOSTS = "nginx_lb:webapp:mysql"
MIRROR = ("198.18.77.2", 5000)
NAMES = ("198.18.77.1", 53)  # the name server, on the other side of the uplink
# The stack's clients have other addresses, so they still reach the load balancer.
RULES = {
    "mirror": f"inet peerlb input ip saddr 10.0.0.0/8 tcp dport {MIRROR[1]} counter reject",
    "uplink": "inet peerlb forward ip saddr 10.0.0.0/8 oifname uplink counter reject",
}


def ways_out() -> set[tuple[str, str]]:
    """Return the open ways out of the hosts' networks, such as {("web1", "mirror")}.

    The mirror is tried with a TCP connection, the uplink with a question to the name server.
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
        for way in run_in_network(host, sys.executable, "-I", "-c", script).split()
    }


def changed(done: Done) -> dict[str, int]:
    """Return the number of changes on each host of the stack."""
    found = changes(done)
    return {host: found[host] for host in ADDRESSES}


def on_stack(script: str) -> str:
    """Run a shell script on all hosts of the stack, as root."""
    return ansible(HOSTS, script, "ansible.builtin.shell")


def refused(way: str) -> int:
    """Return how many packets a rule has rejected so far."""
    chain = RULES[way].split()[2]
    listed = json.loads(
        run_in_network("fabric", "nft", "-j", "list", "chain", "inet", "peerlb", chain)
    )
    first = next(part["rule"] for part in listed["nftables"] if "rule" in part)
    return next(part["counter"]["packets"] for part in first["expr"] if "counter" in part)


def save(image: str, path: Path) -> None:
    """Copy an image of the mirror into an archive, from the network of a host that reaches it."""
    run_in_network(
        "lb1", "skopeo", "copy", "--quiet", "--insecure-policy", "--src-tls-verify=false",
        f"docker://{MIRROR[0]}:{MIRROR[1]}/library/{image}", f"docker-archive:{path}:{image}",
    )  # fmt: skip


def save_application(path: Path) -> str:
    """Copy the application's image from web1, which built it, into an archive. Return its name."""
    name = shell("web1", "docker inspect --format '{{.Config.Image}}' peerlb-webapp").strip()
    with path.open("wb") as file:
        command = ssh("web1", f"docker save {name}")
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, check=True)
    return name


def save_all(directory: Path) -> dict[str, t.Any]:
    """Copy every image of the stack into an archive. Return an inventory with the archives."""
    images = {"nginx_lb": "nginx:1.30", "mysql": "mysql:9.7"}
    paths = {group: directory / f"{group}.tar" for group in (*images, "webapp")}
    for group, image in images.items():
        save(image, paths[group])
    images["webapp"] = save_application(paths["webapp"])
    content: dict[str, t.Any] = {}
    for group, image in images.items():
        archive = {"name": image, "path": str(paths[group])}
        content[group] = {"vars": {"docker_image_archives": [archive]}}
    content["webapp"]["vars"]["webapp_image"] = images["webapp"]
    # By default verify does not know the paths of a published image. This one is the role's own.
    content["all"] = {"vars": {"verify_path": "/connection?format=json"}}
    return content


@pytest.fixture(scope="module", autouse=True)
def inventory(request, tmp_path_factory) -> t.Iterator[Path]:
    """Close the ways out, and return the path of an inventory with archives of all images.

    At the end, the fabric and the deployment are as before.
    """
    directory = tmp_path_factory.mktemp("archives")
    with contextlib.ExitStack() as mend:
        mend.callback(shutil.rmtree, directory)
        inventory = directory / "archives.yml"
        inventory.write_text(json.dumps(save_all(directory)), encoding="utf-8")
        everything = {(host, way) for host in ADDRESSES for way in RULES}
        assert ways_out() == everything, "the tests below would prove nothing"
        mend.callback(deploy_as_before, request.session)
        for text in RULES.values():
            mend.enter_context(fabric_rule(text))
        yield inventory


def deploy_as_before(session: pytest.Session) -> None:
    """Deploy the role's own application again, or the whole stack if a test failed."""
    output_of(play("site" if session.testsfailed else "webapp"))


def deploy(name: str, inventory: Path, *options: str) -> Done:
    """Run a playbook with the archives' inventory."""
    return play(name, "-i", str(inventory), *options)


def test_no_host_reaches_the_mirror_or_the_internet() -> None:
    assert ways_out() == set()
    assert refused("mirror") >= len(ADDRESSES)
    assert refused("uplink") >= len(ADDRESSES)


def test_hosts_without_images_cannot_pull_any() -> None:
    on_stack(
        "docker ps --quiet | xargs -r docker stop -t 5;"
        " docker system prune --all --force >/dev/null;"
        ' test -z "$(docker ps --all --quiet)$(docker image ls --all --quiet)"'
    )
    ansible("mysql", "docker volume inspect peerlb-mysql-data")
    on_stack("timeout 30 docker pull nginx:1.30; test $? = 1")


def test_check_mode_predicts_the_loaded_images(inventory) -> None:
    done = deploy("docker", inventory, "--check")
    assert changed(done) == dict.fromkeys(ADDRESSES, 1)


def test_stack_is_deployed_from_archives(inventory) -> None:
    before = refused("mirror")
    done = deploy("site", inventory)
    assert all(changed(done).values())
    assert "hosts are as declared" in done.stdout and "not judged" not in done.stdout
    url = f"http://{ADDRESSES['lb1']}/connection?format=json"
    answer = run_in_network("client", "curl", "-sf", "-m", "10", "-H", "Accept: text/plain", url)
    assert "Connection successful" in answer
    assert refused("mirror") == before, "a host asked the mirror for an image that it has"
    on_stack("test ! -e /opt/peerlb/images")


def test_second_run_changes_nothing(inventory) -> None:
    before = refused("mirror")
    assert changed(deploy("site", inventory)) == dict.fromkeys(ADDRESSES, 0)
    assert refused("mirror") == before
