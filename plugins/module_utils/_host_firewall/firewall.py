# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the host's firewall with what is wanted, and apply all that needs no trial.

directory/rules.nft   the rules that were confirmed last; the host boots with them
directory/live.nft    how nft lists these rules
directory/trial.nft   rules on trial; directory/undo.nft brings the former ones back
"""

from __future__ import annotations

import json
import shutil
import stat
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .._files.writing import replace_file

Run = t.Callable[[list[str]], tuple[int, str, str]]  # command to (rc, stdout, stderr)

Services = t.Mapping[str, tuple[str, str]]  # ActiveState and UnitFileState by unit

NO_UNIT = ("", "")
SERVICE, TIMER = "peerlb-firewall.service", "peerlb-firewall-undo.timer"
NO_PROGRAM = 127
DIRECTORY_MODE, RULES_MODE, UNIT_MODE = 0o700, 0o600, 0o644


class FirewallError(Exception):
    """nft or systemd refused something; the text ends with their own words."""


@dataclass(frozen=True)
class File:
    """A file's text and mode. text is None if there is no such file."""

    text: str | None = None
    mode: int = UNIT_MODE

    @classmethod
    def read(cls, path: Path, mode: int) -> File:
        """Return the file at a path; without one, mode is the wanted mode."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
            return cls(text, stat.S_IMODE(path.stat().st_mode))
        except FileNotFoundError:
            return cls(None, mode)

    def shown(self, mode: int) -> str:
        """Return the file for a diff, with its mode if that is not the wanted one."""
        return ("" if self.mode == mode else f"mode: {self.mode:04o}\n") + (self.text or "")


@dataclass(frozen=True)
class State:
    """What is compared: files by path, whether the confirmed rules are live, the service."""

    files: dict[str, File] = field(default_factory=dict)
    directory: bool = False
    live: bool = False
    running: bool = False
    enabled: bool = False

    def diff(self, wanted: State) -> list[dict[str, str]]:
        """Return Ansible's diff from this state to the wanted one, [] if nothing differs."""
        compared = {
            path: (self.files[path].shown(file.mode), file.shown(file.mode))
            for path, file in wanted.files.items()
        }
        compared["the firewall"] = (self._words(), wanted._words())
        return [
            {"before_header": name, "after_header": name, "before": old, "after": new}
            for name, (old, new) in compared.items()
            if old != new
        ]

    def _words(self) -> str:
        return (
            f"directory: {'as wanted' if self.directory else 'not as wanted'}\n"
            f"confirmed rules: {'live' if self.live else 'not live'}\n"
            f"service: {'started' if self.running else 'not started'},"
            f" {'enabled' if self.enabled else 'not enabled'}\n"
        )


@dataclass(frozen=True)
class Firewall:
    """The firewall of this host. units: the text of each file for systemd by its path."""

    run: Run
    directory: Path
    units: t.Mapping[str, str]

    def ways(self) -> list[str]:
        """Return the interfaces of the host's default route."""
        code, out, err = self.run(["ip", "-json", "-4", "route", "show", "default"])
        if code != 0:
            raise FirewallError(f"cannot read the default route: {err.strip()}")
        return [route["dev"] for route in json.loads(out or "[]") if "dev" in route]

    def lists(self) -> str | None:
        """Return the live table as nft lists it, "" if there is none, None if there is no nft."""
        code, out, _err = self.run(["nft", "--stateless", "list", "table", "inet", "peerlb"])
        return None if code == NO_PROGRAM else out.rstrip("\n") if code == 0 else ""

    def wanted(self, rules: str) -> State:
        """Return the state in which these rules are confirmed and loaded at each boot."""
        units = {path: File(text) for path, text in self.units.items()}
        files = {str(self.directory / "rules.nft"): File(rules, RULES_MODE), **units}
        return State(files, directory=True, live=True, running=True, enabled=True)

    def absent(self) -> State:
        """Return the state of a host without the firewall."""
        return State(dict.fromkeys(self.wanted("").files, File()))

    def present(self, wanted: State, table: str | None, units: Services) -> State:
        """Read what there is of a wanted state. table is of `lists`, units of `services`."""
        kept = File.read(self.directory / "live.nft", RULES_MODE).text
        made = self.directory.is_dir()
        return State(
            {path: File.read(Path(path), file.mode) for path, file in wanted.files.items()},
            directory=made and stat.S_IMODE(self.directory.stat().st_mode) == DIRECTORY_MODE,
            live=bool(table) and kept is not None and kept.rstrip("\n") == table,
            running=units.get(SERVICE, NO_UNIT)[0] == "active",
            enabled=units.get(SERVICE, NO_UNIT)[1] == "enabled",
        )

    def services(self) -> Services:
        """Return the states of the service and of the timer that undoes rules on trial.

        {"peerlb-firewall.service": ("active", "enabled"), …}
        """
        show = ["systemctl", "show", SERVICE, TIMER, "--property=Id,ActiveState,UnitFileState"]
        _code, out, _err = self.run(show)
        found = {}
        for block in out.strip().split("\n\n"):
            values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            states = (values.get("ActiveState", ""), values.get("UnitFileState", ""))
            found[values.get("Id", "")] = states
        return found

    def on_trial(self, services: Services) -> bool:
        """Tell whether rules are on trial; services is of `services`."""
        return services.get(TIMER, NO_UNIT)[0] == "active"

    def await_trial(self, seconds: float) -> None:
        """Wait for the trial of another run, at most this many seconds. The timer tells of it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.on_trial(self.services()):
            time.sleep(0.2)

    def undo(self) -> None:
        """Undo rules that an interrupted run left on trial."""
        self._succeed("nft", "--file", str(self.directory / "undo.nft"))
        self._succeed("systemctl", "stop", TIMER)

    def make_directory(self) -> None:
        """Create the directory of the rules, which only root can read."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(DIRECTORY_MODE)

    def load_at_boot(self, present: State) -> None:
        """Write the files for systemd, and start the service now and at each boot."""
        self.make_directory()
        stale = [path for path, text in self.units.items() if present.files[path] != File(text)]
        for path in stale:
            Path(path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(Path(path), self.units[path].encode(), UNIT_MODE)
        if stale:
            self._succeed("systemctl", "daemon-reload")
        if not present.enabled:
            self._succeed("systemctl", "enable", SERVICE)
        if not present.running:
            self._succeed("systemctl", "start", SERVICE)

    def remove(self, present: State, table: str | None) -> None:
        """Remove the table, the service and all files."""
        if table:
            self._succeed("nft", "delete table inet peerlb")
        if present.running or present.enabled:
            self._succeed("systemctl", "disable", "--now", SERVICE)
        stale = [Path(path) for path in self.units if Path(path).exists()]
        for path in stale:
            path.unlink()
        if stale:
            self._succeed("systemctl", "daemon-reload")
        if self.directory.exists():
            shutil.rmtree(self.directory)

    def _succeed(self, *command: str) -> None:
        code, out, err = self.run(list(command))
        if code != 0:
            raise FirewallError(f"{' '.join(command)}: {(err or out).strip()}")
