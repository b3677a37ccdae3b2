# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from ansible_collections.peerlb.stack.plugins.module_utils._release.units import Units
from support.docker_fake import FakeDocker

SERVICE = "[Service]\nExecStart=python3 /srv/current/watch.py x\n[Install]\nWantedBy=a\n"
ONESHOT = "[Service]\nExecStart=true\n"
RELEASE = Release(
    {"units/watch.service": SERVICE, "units/once.service": ONESHOT, "watch.py": "1", "a": "1"}
)


class Host:
    def __init__(self, tmp_path) -> None:
        self.docker = FakeDocker()
        self.system = tmp_path / "system"
        self.system.mkdir()
        self.units = Units(Engine(self.docker.run), self.system)
        self.store = Store(str(tmp_path / "shop"))

    def apply(self, release: Release) -> list[str]:
        """Apply the units of a release; return what systemctl was asked to do."""
        self.docker.done.clear()
        self.units.apply(self.store, release)
        return list(self.docker.done)


@pytest.fixture
def host(tmp_path) -> Host:
    return Host(tmp_path)


def test_units_are_installed_and_those_with_an_install_section_started(host) -> None:
    assert host.units.reasons(host.store, RELEASE) == [
        "watch.service differs on the host",
        "once.service differs on the host",
    ]
    assert host.apply(RELEASE) == [
        "daemon-reload",
        "enable watch.service",
        "restart watch.service",
    ]
    assert (host.system / "once.service").read_text() == ONESHOT
    assert (host.system / "once.service").stat().st_mode & 0o777 == 0o644
    assert host.units.reasons(host.store, RELEASE) == []
    assert host.apply(RELEASE) == []


def test_release_without_units_asks_nothing(host) -> None:
    assert host.apply(Release({"a": "1"})) == []
    assert host.docker.commands == []


def test_program_that_changes_restarts_its_unit(host) -> None:
    host.apply(RELEASE)
    changed = Release({**RELEASE.files, "watch.py": "2"})
    assert host.units.reasons(host.store, changed) == ["watch.service runs what it was before"]
    assert "restart watch.service" in host.apply(changed)


def test_other_file_of_the_release_restarts_nothing(host) -> None:
    host.apply(RELEASE)
    assert host.apply(Release({**RELEASE.files, "a": "2"})) == []


@pytest.mark.parametrize(
    "state, told",
    [
        (["inactive", "enabled"], "watch.service is inactive and enabled"),
        (["active", "disabled"], "watch.service is active and disabled"),
    ],
)
def test_unit_that_is_stopped_or_disabled_is_started_again(host, state, told) -> None:
    host.apply(RELEASE)
    host.docker.units["watch.service"] = state
    assert host.units.reasons(host.store, RELEASE) == [told]
    assert "start watch.service" in host.apply(RELEASE)
    assert host.docker.units["watch.service"] == ["active", "enabled"]


def test_unit_edited_by_hand_is_restored(host) -> None:
    host.apply(RELEASE)
    (host.system / "watch.service").write_text("by hand")
    assert host.units.reasons(host.store, RELEASE) == ["watch.service differs on the host"]
    host.apply(RELEASE)
    assert (host.system / "watch.service").read_text() == SERVICE


def test_unit_that_the_release_has_no_longer_is_removed(host) -> None:
    host.apply(RELEASE)
    without = Release({"units/once.service": ONESHOT})
    assert host.units.reasons(host.store, without) == ["watch.service goes"]
    assert host.apply(without) == ["disable --now watch.service", "daemon-reload"]
    assert not (host.system / "watch.service").exists()
    assert host.apply(without) == []


def test_unit_that_does_not_start_is_named(host) -> None:
    host.docker.refuse = {"restart": "unit is masked"}
    with pytest.raises(ServiceError, match="systemctl restart watch.service fails: unit is masked"):
        host.apply(RELEASE)


def test_directory_that_cannot_be_written_is_named(host) -> None:
    host.system.rmdir()
    with pytest.raises(ServiceError, match="cannot write .*watch.service"):
        host.apply(RELEASE)
