# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import (
    Engine,
    ServiceError,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.removal import Removal
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store


class FakeHost:
    """A host on which a service was deployed, as the files and the engine tell it."""

    def __init__(self, path: Path) -> None:
        self.root, self.systemd = path / "shop", path / "system"
        self.container, self.refuse = True, ""
        self.done: list[str] = []
        (self.root / "releases/3f9a/secrets").mkdir(parents=True)
        (self.root / "current").symlink_to("releases/3f9a")
        (self.root / "run").mkdir()
        self.systemd.mkdir()
        (self.systemd / "peerlb-shop.timer").write_text("[Timer]")
        notes = {"units.json": {"peerlb-shop.timer": "1"}, "images.json": ["shop:1"]}
        notes |= {"root_password": "x", "first_command.json": {}, "history.json": []}
        for name, value in notes.items():
            (self.root / name).write_text(json.dumps(value))

    def run(self, command: list[str], **_options: object) -> tuple[int, str, str]:
        """Answer a command, and note what changes something."""
        line = " ".join(command)
        if command[1] == "inspect":
            found = [{"State": {}}] if self.container else []
            return int(not found), json.dumps(found), "" if found else "Error: no such object: x"
        if "ls" in command:
            return 0, "shop-data\n" if "volume" in command else "net1\n", ""
        if self.refuse and self.refuse in line:
            return 1, "", "it is in use"
        self.done.append(line)
        self.container = self.container and command[1] != "rm"
        return 0, "", ""

    def look(self, *, delete_data: bool = False) -> Removal:
        """Return what would be removed."""
        store, engine = Store(str(self.root)), Engine(self.run)
        return Removal.look(engine, store, "shop", delete_data=delete_data, systemd=self.systemd)

    def kept(self) -> set[str]:
        """Return what is in the directory of the service."""
        return {path.name for path in self.root.iterdir()}


@pytest.fixture
def host(tmp_path) -> FakeHost:
    return FakeHost(tmp_path)


DATA = {"run", "root_password", "first_command.json"}


def test_all_but_the_data_is_removed(host) -> None:
    removal = host.look()
    assert removal.goes()[:2] == ["the container peerlb-shop", "the unit peerlb-shop.timer"]
    assert removal.stays() == ["the volume shop-data", *(f"{host.root}/{n}" for n in sorted(DATA))]
    removal.apply()
    assert host.kept() == DATA
    assert list(host.systemd.iterdir()) == []
    assert host.done == [
        "docker stop peerlb-shop",
        "docker rm peerlb-shop",
        "docker network rm net1",
        "systemctl disable --now peerlb-shop.timer",
        "systemctl daemon-reload",
        "docker image rm shop:1",
    ]
    assert host.look().goes() == []


def test_data_is_removed_where_one_says_so(host) -> None:
    removal = host.look(delete_data=True)
    assert "the volume shop-data" in removal.goes()
    assert removal.stays() == []
    removal.apply()
    assert host.kept() == set()
    assert host.done[-1] == "docker volume rm shop-data"


def test_volume_that_is_in_use_is_named(host) -> None:
    host.refuse = "volume rm"
    with pytest.raises(ServiceError, match="docker volume rm shop-data fails: it is in use"):
        host.look(delete_data=True).apply()


def test_host_without_the_service_has_nothing_to_remove(host, tmp_path) -> None:
    host.container = False
    store = Store(str(tmp_path / "other"))
    removal = Removal.look(Engine(host.run), store, "other", delete_data=False)
    assert removal.goes() == []
