# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The systemd units of a release: installed, started, and started anew when they have changed.

They are the files below units/ of the release. A unit with an [Install] section is enabled and
started. Where a unit names a file or a directory of the release, as current/<name>, a change of it
restarts the unit.
"""

from __future__ import annotations

import hashlib
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._files.writing import replace_file
from .engine import Engine, ServiceError
from .release import Release
from .store import Store

UNITS = "units/"
NOTE = "units.json"  # the unit's name to the hash of what it was started with
SYSTEM = Path("/etc/systemd/system")
PROPERTIES = "Id,ActiveState,UnitFileState"


@dataclass(frozen=True)
class Units:
    """The units that releases in a store bring to this host."""

    engine: Engine
    directory: Path = SYSTEM

    def reasons(self, store: Store, release: Release) -> list[str]:
        """Return what differs: ["peerlb-logs.timer is inactive"]."""
        wanted, known = _wanted(release), store.noted(NOTE) or {}
        states = self._states(wanted)
        found = [f"{name} goes" for name in sorted(known) if name not in wanted]
        for name, text in wanted.items():
            if self._installed(name) != text:
                found.append(f"{name} differs on the host")
            elif known.get(name) != _hash(release, text):
                found.append(f"{name} runs what it was before")
            elif _starts(text) and states.get(name) != ("active", "enabled"):
                found.append(f"{name} is {' and '.join(states.get(name, ('unknown',)))}")
        return found

    def apply(self, store: Store, release: Release) -> None:
        """Install, enable and start the units of a release; remove those that it has not.

        A ServiceError says which unit does not start, with systemd's words.
        """
        if not self.reasons(store, release):
            return
        wanted, known = _wanted(release), store.noted(NOTE) or {}
        gone = sorted(set(known).difference(wanted))
        for name in gone:
            self.engine.run(["systemctl", "disable", "--now", name])
            (self.directory / name).unlink(missing_ok=True)
        for name, text in wanted.items():
            if self._installed(name) != text:
                self._install(name, text)
        self._systemctl("daemon-reload")
        for name, text in wanted.items():
            if _starts(text):
                changed = known.get(name) != _hash(release, text)
                self._systemctl("enable", name)
                self._systemctl("restart" if changed else "start", name)
        store.note(NOTE, {name: _hash(release, text) for name, text in wanted.items()})

    def _systemctl(self, *words: str) -> None:
        self.engine.succeed(["systemctl", *words], f"systemctl {' '.join(words)} fails")

    def _states(self, wanted: t.Mapping[str, str]) -> dict[str, tuple[str, str]]:
        """Return whether each unit is active and enabled, by one question to systemd."""
        started = [name for name, text in wanted.items() if _starts(text)]
        if not started:
            return {}
        _code, out, _err = self.engine.run(
            ["systemctl", "show", f"--property={PROPERTIES}", *started]
        )
        records = [
            dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            for block in out.split("\n\n")
        ]
        return {
            each["Id"]: (each.get("ActiveState", ""), each.get("UnitFileState", ""))
            for each in records
            if "Id" in each
        }

    def _installed(self, name: str) -> str | None:
        try:
            return (self.directory / name).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    def _install(self, name: str, text: str) -> None:
        path = self.directory / name
        try:
            replace_file(path, text.encode(), 0o644)
        except OSError as exc:
            raise ServiceError(f"cannot write {path}: {exc.strerror}") from exc


def _wanted(release: Release) -> dict[str, str]:
    return {
        path[len(UNITS) :]: text for path, text in release.files.items() if path.startswith(UNITS)
    }


def _starts(text: str) -> bool:
    return "[Install]" in text.splitlines()


def _hash(release: Release, text: str) -> str:
    """Return what stands for a unit and the programs of the release that it runs."""
    named = re.findall(r"/current/([\w/.-]+)", text)
    parts = [text]
    for path in sorted(release.files):
        if any(path == each or path.startswith(f"{each}/") for each in named):
            parts += [path, release.files[path]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
