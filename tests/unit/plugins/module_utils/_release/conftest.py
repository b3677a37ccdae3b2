# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service on a host whose Docker engine is in memory."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import Engine
from ansible_collections.peerlb.stack.plugins.module_utils._release.image import Images
from ansible_collections.peerlb.stack.plugins.module_utils._release.place import Place
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release
from ansible_collections.peerlb.stack.plugins.module_utils._release.rollout import Rollout
from ansible_collections.peerlb.stack.plugins.module_utils._release.service import DockerService
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    Specification,
    make_release,
)
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import Store
from support.docker_fake import FakeDocker

COMPOSE = {"services": {"shop": {"user": "7", "volumes": ["./a.conf:/etc/a.conf:ro", "d:/data"]}}}


@dataclass
class Host:
    """A host with one service, peerlb-shop, and its fake engine."""

    root: Path
    docker: FakeDocker = field(default_factory=FakeDocker)
    place: dict[str, t.Any] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return Store(str(self.root), mode=0o700)

    @property
    def service(self) -> DockerService:
        engine = Engine(self.docker.run)
        place = Place(self.root, **self.place)
        return DockerService(engine, Images(engine, self.root), place, timeout=0.2)

    @property
    def container(self) -> dict[str, t.Any]:
        return self.docker.containers["peerlb-shop"]

    def release(self, text: str = "one", image: str = "shop:1", **changes: t.Any) -> Release:
        """Return a release with this text in its file and this image, which can be pulled."""
        self.docker.registry.setdefault(image, f"sha256:{image}")
        parts: dict[str, t.Any] = {
            "compose": COMPOSE,
            "files": {"a.conf": text},
            "secrets": {},
            "environment": {},
            "context": "",
            "key": self.store.key(make=True),
        }
        parts |= {name: changes.pop(name) for name in list(changes) if name in parts}
        specification = Specification("shop", image, image, **changes)
        return make_release(specification, **parts)

    def deploy(self, release: Release, keep: int = 5) -> Rollout:
        """Make a release live as the module does; return the comparison that was made before."""
        self.docker.done.clear()
        rollout = Rollout.plan(self.store, self.service, release)
        if rollout.changed:
            rollout.apply({"by": "ada"}, keep)
        return rollout


@pytest.fixture
def host(tmp_path) -> Host:
    return Host(tmp_path / "shop")
