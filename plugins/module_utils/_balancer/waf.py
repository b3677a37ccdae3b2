# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application firewall beside nginx: a container of its own, by waf.yml of a release.

It is a Compose project of its own. So a change of it leaves the container of nginx alone.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from .._release.engine import Engine, Record, ServiceError
from .._release.release import Release
from .._release.store import Store

COMPOSE_FILE = "waf.yml"
NAME = "peerlb-waf"
# The label that tells what the container was made of, which the file holds too.
DEFINITION = "peerlb.definition"


@dataclass(frozen=True)
class WafContainer:
    """The container of the firewall; project is nginx's directory, timeout as Nginx has it."""

    engine: Engine
    project: Path
    timeout: float = 15.0

    def reasons(self, store: Store, wanted: Release) -> list[str]:
        """Return why what runs is not what a release wants; [] if it is."""
        text = wanted.files.get(COMPOSE_FILE, "")
        if not text and not _was_declared(store):
            return []
        record = self.engine.inspect(NAME)[0]
        if not text:
            return [f"the container {NAME} goes"] if record else []
        return [] if _as_wanted(record, text) else [f"the container {NAME} is made anew"]

    def test(self, directory: Path) -> None:
        """Let the firewall test its rules, with its own image; a ServiceError is its refusal."""
        path = directory / COMPOSE_FILE
        if not path.exists() or self._runs(path):
            return
        command = ["run", "--rm", "--no-deps", "-T", "waf", "nginx", "-t"]
        failure = "the web application firewall refuses its settings, nothing was changed"
        self.engine.succeed([*self._compose(path), *command], failure)

    def bring_up(self, directory: Path) -> None:
        """Make or start the container of a release that has one, and wait until it is healthy."""
        path = directory / COMPOSE_FILE
        if not path.exists() or self._runs(path):
            return
        wait = ["up", "--detach", "--wait", "--wait-timeout", str(int(self.timeout) + 60)]
        began = time.time()
        try:
            failure = "the web application firewall does not come up"
            self.engine.succeed([*self._compose(path), *wait], failure)
        except ServiceError as exc:
            raise ServiceError(f"{exc}\n{self.engine.last_lines(NAME, began)}") from None

    def leave(self, store: Store, release: Release) -> None:
        """Remove the container if the release that nginx serves has none."""
        unwanted = COMPOSE_FILE not in release.files and _was_declared(store)
        if unwanted and self.engine.inspect(NAME)[0]:
            self.remove()

    def remove(self) -> None:
        """Remove the container; a ServiceError says that Docker refuses."""
        for word in ("stop", "rm"):
            self.engine.succeed(["docker", word, NAME], f"docker {word} {NAME} fails")

    def _runs(self, path: Path) -> bool:
        return _as_wanted(self.engine.inspect(NAME)[0], path.read_text(encoding="utf-8"))

    def _compose(self, path: Path) -> list[str]:
        directory = ("--project-directory", str(self.project))
        return ["docker", "compose", *directory, "--file", str(path)]


def _was_declared(store: Store) -> bool:
    """Tell whether any release on the disk has a firewall, which may run yet."""
    return any(store.directory(name).joinpath(COMPOSE_FILE).exists() for name in store.kept())


def _as_wanted(record: Record | None, text: str) -> bool:
    """Tell whether a container runs, and is what waf.yml asks for."""
    if record is None or record["State"].get("Status") != "running":
        return False
    labels = record.get("Config", {}).get("Labels") or {}
    wanted = json.loads(text)["services"]["waf"]["labels"]
    return labels.get(DEFINITION) == wanted[DEFINITION]
