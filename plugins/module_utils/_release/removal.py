# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove from a host what a service has put there; its data stays unless one says otherwise."""

from __future__ import annotations

import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .engine import Engine, ServiceError
from .service import CONFIRMED, IMAGES, RENEWING
from .store import Store
from .units import NOTE, SYSTEM

PROJECT = "label=com.docker.compose.project="
# What the collection writes beside releases. All else in the directory is data, as passwords are.
OWN = ("releases", "current", "key", "history.json", NOTE, CONFIRMED, IMAGES, RENEWING)
LOCK = "lock"


@dataclass(frozen=True)
class Removal:
    """What goes from a host, as one look has found it, and what stays."""

    engine: Engine
    store: Store
    container: str
    has_container: bool
    units: tuple[str, ...]
    files: tuple[str, ...]
    images: tuple[str, ...]
    volumes: tuple[str, ...]
    delete_data: bool
    systemd: Path = SYSTEM

    @classmethod
    def look(
        cls,
        engine: Engine,
        store: Store,
        service: str,
        *,
        delete_data: bool,
        systemd: Path = SYSTEM,
    ) -> Removal:
        """Return what there is of a service. A ServiceError says that no engine answers."""
        container = f"peerlb-{service}"
        record = engine.inspect(container)[0]
        names = {path.name for path in store.root.iterdir()} if store.root.is_dir() else set()
        own = {name for name in names if name in OWN or delete_data} - {LOCK}
        listed = engine.run(["docker", "volume", "ls", "--quiet", "--filter", PROJECT + container])
        return cls(
            *(engine, store, container, record is not None),
            units=tuple(sorted(store.noted(NOTE) or {})),
            files=tuple(sorted(own)),
            images=tuple(store.noted(IMAGES) or ()),
            volumes=tuple(listed[1].split()) if listed[0] == 0 else (),
            delete_data=delete_data,
            systemd=systemd,
        )

    def goes(self) -> list[str]:
        """Return what goes: ["the container peerlb-webapp", "/opt/peerlb/webapp/releases"]."""
        return [
            *([f"the container {self.container}"] if self.has_container else []),
            *(f"the unit {name}" for name in self.units),
            *(f"{self.store.root / name}" for name in self.files),
            *(f"the volume {name}" for name in self.volumes if self.delete_data),
        ]

    def stays(self) -> list[str]:
        """Return the data that stays: ["the volume peerlb-mysql-data"]."""
        if self.delete_data:
            return []
        names = (path.name for path in self.store.root.glob("*"))
        kept = sorted(name for name in names if name not in (*OWN, LOCK))
        volumes = [f"the volume {name}" for name in self.volumes]
        return [*volumes, *(str(self.store.root / name) for name in kept)]

    def apply(self) -> None:
        """Remove it; a ServiceError says what Docker or the disk refuses."""
        if self.has_container:
            # With the time that the service has to end, which the container itself knows.
            self._docker("stop", self.container)
            self._docker("rm", self.container)
        filters = ["docker", "network", "ls", "--quiet", "--filter", PROJECT + self.container]
        for network in self.engine.run(filters)[1].split():
            self.engine.run(["docker", "network", "rm", network])
        for name in self.units:
            self.engine.run(["systemctl", "disable", "--now", name])
            (self.systemd / name).unlink(missing_ok=True)
        if self.units:
            self.engine.run(["systemctl", "daemon-reload"])
        for image in self.images:  # one that another container uses stays
            self.engine.run(["docker", "image", "rm", image])
        if self.delete_data:
            for volume in self.volumes:
                self._docker("volume", "rm", volume)
        self._remove_files()

    def _docker(self, *words: str) -> None:
        self.engine.succeed(["docker", *words], f"docker {' '.join(words)} fails")

    def _remove_files(self) -> None:
        try:
            for path in (self.store.root / name for name in self.files):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        except OSError as exc:
            raise ServiceError(f"cannot remove {exc.filename}: {exc.strerror}") from exc


def told(removal: Removal) -> dict[str, t.Any]:
    """Return what a module tells of a removal."""
    return {"changed": bool(removal.goes()), "goes": removal.goes(), "stays": removal.stays()}
