# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import builtins
import io
import json
import os
import shutil
import socket
from types import SimpleNamespace

import pytest
from ansible_collections.peerlb.stack.lab import debian, preflight
from ansible_collections.peerlb.stack.lab.run import LabError

ROUTES = [{"dst": "default", "dev": "eth0"}, {"dst": "192.0.2.0/24", "dev": "eth0"}]


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Return a machine that the lab can run on. Tests take something away."""
    there = SimpleNamespace(uid=0, missing=set(), free=50, routes=ROUTES, resolv="", refuse="")
    there.resolv = "# comment\nnameserver fd00::1\nnameserver 192.0.2.53\n"
    there.connects = True

    def run(*argv, **_options):
        if argv[0] == "unshare" and there.refuse:
            raise LabError(there.refuse)
        if argv[0] == "ip":
            wanted = "default" in argv
            return json.dumps([r for r in there.routes if not wanted or r["dst"] == "default"])
        return ""

    def connect(address, timeout):
        if not there.connects:
            raise OSError("network is unreachable")
        return io.BytesIO()

    def opened(path, *args, **kwargs):
        real = path != "/etc/resolv.conf"
        return builtins_open(path, *args, **kwargs) if real else io.StringIO(there.resolv)

    builtins_open = builtins.open
    monkeypatch.setattr(builtins, "open", opened)
    (tmp_path / "cgroup.procs").touch()
    monkeypatch.setattr(preflight.procs, "hierarchies", lambda: [tmp_path])
    monkeypatch.setattr(preflight, "run", run)
    monkeypatch.setattr(os, "geteuid", lambda: there.uid)
    monkeypatch.setattr(os, "access", lambda *_: True)
    monkeypatch.setattr(shutil, "which", lambda name: None if name in there.missing else name)
    usage = SimpleNamespace
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=there.free * 2**30))
    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(debian, "options", lambda: [])
    monkeypatch.setattr(
        debian, "sources", lambda _: ["deb [signed-by=k] http://deb.test/ sid main"]
    )
    return there


def test_machine_that_lacks_nothing_passes(machine):
    preflight.check(cold=True)
    assert preflight.default_interface() == "eth0"
    assert str(preflight.nameserver()) == "192.0.2.53"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"uid": 1000}, "not root"),
        ({"missing": {"mmdebstrap", "skopeo"}}, "missing: mmdebstrap skopeo; run scripts/setup"),
        (
            {"refuse": "Operation not permitted"},
            "cannot create namespaces: Operation not permitted",
        ),
        ({"free": 1}, "needs 2 GiB of disk, but 1.0 GiB are free"),
        ({"routes": []}, "no network: this machine has no default route"),
        (
            {"routes": [*ROUTES, {"dst": "198.18.0.0/16", "dev": "eth1"}]},
            "198.18.77.0/30 is in use on this machine: route to 198.18.0.0/16",
        ),
        ({"resolv": "nameserver fd00::1\n"}, "no network: /etc/resolv.conf"),
    ],
)
def test_error_says_on_one_line_what_is_missing(machine, change, message):
    vars(machine).update(change)
    with pytest.raises(LabError) as caught:
        preflight.check(cold=False)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_route_of_the_lab_s_own_uplink_is_no_conflict(machine):
    machine.routes = [*ROUTES, {"dst": "198.18.77.0/30", "dev": "peerlb-uplink"}]
    preflight.check(cold=False)


def test_incomplete_cache_needs_more_disk_and_the_package_source(machine):
    machine.connects = False
    preflight.check(cold=False)
    with pytest.raises(LabError, match="no network: deb.test, .*: network is unreachable"):
        preflight.check(cold=True)
    machine.connects, machine.free = True, 3
    preflight.check(cold=False)
    with pytest.raises(LabError, match="needs 6 GiB"):
        preflight.check(cold=True)
