# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.lab import __main__ as lab
from ansible_collections.peerlb.stack.lab import hosts
from ansible_collections.peerlb.stack.lab.plan import PlanError


@pytest.fixture
def disks(tmp_path, monkeypatch):
    """Let hosts have their disks in tmp_path, without programs."""
    monkeypatch.setattr(hosts, "HOSTS", tmp_path)
    monkeypatch.setattr(hosts, "public_key", lambda: tmp_path / "key.pub")
    monkeypatch.setattr(hosts, "root_path", lambda suite: tmp_path / f"root-{suite}")
    monkeypatch.setattr(hosts, "_write_identity", lambda *_arguments: None)
    monkeypatch.setattr(hosts.procs, "end", lambda _name: None)
    (tmp_path / "key.pub").write_text("key")
    return tmp_path


def test_another_suite_renews_the_disk_of_a_host(plan_of, disks) -> None:
    link = plan_of().host("web2")
    for suite, kept in (("trixie", False), ("trixie", True), ("bookworm", False)):
        mark = hosts.disk(link, suite) / "mark"
        assert mark.exists() is kept
        mark.touch()
        assert hosts.suite_of(link) == suite
    assert json.loads((disks / "web2/disk.json").read_text())["root"].endswith("root-bookworm")


def test_disk_of_a_former_version_is_of_debian_13(plan_of, disks) -> None:
    link = plan_of().host("web2")
    hosts.disk(link, "trixie")
    spec = disks / "web2/disk.json"
    known = json.loads(spec.read_text())
    spec.write_text(json.dumps({key: known[key] for key in ("address", "key", "root")}))
    (disks / "web2/mark").touch()
    assert (hosts.disk(link, "trixie") / "mark").exists()


def test_unknown_host_of_debian_12_is_refused_before_anything_is_built(plan_of) -> None:
    with pytest.raises(PlanError, match="no host web9"):
        lab.up(plan_of(), ["web9"])
