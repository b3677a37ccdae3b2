# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that somebody flushed, addresses that come late, a host that leaves, one with Debian 12.

Each test leaves the stack as it was.
"""

from __future__ import annotations

import typing as t

import pytest
from support.lab import ADDRESSES, changes, play, shell
from support.operated import Lab, power

CONTAINERS = {"lb1": "peerlb-nginx", "web2": "peerlb-webapp", "db1": "peerlb-mysql"}
# The engine starts while the host has no address in its network, as when a network comes up late.
LATE = """
systemctl stop docker.socket docker
link=$(ip -4 -o addr show to {address} | awk '{{print $2; exit}}')
prefix=$(ip -4 -o addr show to {address} | awk '{{print $4; exit}}')
routes=$(ip -4 route show | grep "dev $link" | tac)  # the gateway's own route before the default
ip addr del "$prefix" dev "$link"
systemctl start docker
sleep 3
ip addr add "$prefix" dev "$link"
echo "$routes" | while read -r route; do ip route replace $route; done
"""


@pytest.fixture
def lab() -> t.Iterator[Lab]:
    """Return the lab, in which all members answer before and after a test."""
    operated = Lab()
    operated.wait_until_healthy(120)
    yield operated
    operated.wait_until_healthy(180)


def unchanged(name: str, **variables: t.Any) -> bool:
    """Run a playbook, which must succeed, and return whether it has changed no host."""
    return not any(changes(play(name, **variables)).values())


def tell(name: str, *options: str, **variables: t.Any) -> str:
    """Run a playbook that may fail, and return what it says, with single spaces."""
    done = play(name, *options, **variables)
    return " ".join((done.stdout + done.stderr).split())


def test_flushed_rules_are_named_and_brought_back(lab) -> None:
    shell("web2", "nft flush ruleset")
    lost = "Docker's firewall rules that lead to peerlb-webapp are gone"
    assert lost in tell("explain", **{"from": "lb1", "to": "web2:3000"})
    lab.play("docker")
    lab.wait_until_healthy(60)
    assert unchanged("docker")


@pytest.mark.parametrize("name", CONTAINERS)
def test_container_starts_before_its_host_has_the_address(lab, name) -> None:
    run = "cat > /run/late.sh && systemd-run --quiet --wait --collect sh /run/late.sh"
    shell(name, run, LATE.format(address=ADDRESSES[name]))
    lab.wait_until_healthy(60)
    assert lab.curl("-X", "POST", url=f"{lab.url}/connection")
    state = shell(name, f"docker inspect --format '{{{{.State.Running}}}}' {CONTAINERS[name]}")
    assert state.strip() == "true"


def test_host_that_left_is_removed(lab) -> None:
    assert "web2 still serves in webapp" in tell("remove", host="web2")
    lab.wait_until_healthy()
    # A host that is in the inventory no more: it has left its pools before.
    lab.play("drain", member="web2", reason="it leaves")
    try:
        before = shell("web2", "docker ps --all --quiet")
        lab.play("remove", "--check", host="web2")
        assert shell("web2", "docker ps --all --quiet") == before
        assert "went: " in lab.play("remove", host="web2")
        assert not shell("web2", "docker ps --all --quiet")
        assert unchanged("remove", host="web2")
    finally:
        lab.play("webapp")
        lab.play("undrain", member="web2")


def test_debian_12_with_an_engine_of_its_own_is_deployed_and_rebooted(lab) -> None:
    power("up", "--debian12", "web2")
    try:
        assert "12" in shell("web2", "cat /etc/debian_version")
        assert shell("web2", "docker version --format '{{.Server.Version}}'")
        lab.play("site")
        assert unchanged("site")
        power("stop", "web2")
        power("start", "web2")
        lab.wait_until_healthy(120)
        lab.play("verify")
    finally:
        power("up")
        lab.play("site")
