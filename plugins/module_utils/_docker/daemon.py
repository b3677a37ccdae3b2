# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's settings: compare daemon.json and what the engine has loaded; apply, or put back.

Two labels show which settings the engine started with and which it loaded last. So a change is
applied even if the run that wrote daemon.json was interrupted.
"""

from __future__ import annotations

import json
import re
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._files.writing import replace_file
from .packages import HostError, Run

DAEMON_JSON = Path("/etc/docker/daemon.json")
# The flags are those of the packages' systemd unit. dockerd refuses a setting that is also a flag.
FLAGS = ("-H", "fd://", "--containerd=/run/containerd/containerd.sock")
CONFIRM_SECONDS = 30.0


@dataclass(frozen=True)
class Daemon:
    """The engine, and the settings that it should have.

    started and loaded are the labels of the settings that need a restart, and of all of them.
    """

    run: Run
    text: str
    started: str
    loaded: str
    path: Path = DAEMON_JSON

    def present(self) -> str | None:
        """Return the text of daemon.json, or None if there is no such file."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def labels(self) -> list[str] | None:
        """Return the labels that the engine runs with, or None if it does not answer."""
        code, out, _err = self.run(["docker", "info", "--format", "{{ json .Labels }}"])
        try:
            return json.loads(out) or [] if code == 0 else None
        except ValueError:
            return None

    def reasons(self) -> list[str]:
        """Return what differs: ["daemon.json differs", "the engine is not started at boot"]."""
        found = []
        if self.present() != self.text:
            found.append("daemon.json differs" if self.path.exists() else "daemon.json is missing")
        active, enabled = self._unit()
        if active != "active":
            found.append("the engine does not run")
        elif not self._runs_as_wanted(self.labels()):
            found.append("the engine has not loaded its settings")
        if enabled != "enabled":
            found.append("the engine is not started at boot")
        return found

    def _runs_as_wanted(self, labels: list[str] | None) -> bool:
        return labels is not None and {self.started, self.loaded} <= set(labels)

    def _unit(self) -> tuple[str, str]:
        command = ["systemctl", "show", "--property=ActiveState,UnitFileState", "docker"]
        _code, out, _err = self.run(command)
        pairs = dict(line.split("=", 1) for line in out.splitlines() if "=" in line)
        return pairs.get("ActiveState", ""), pairs.get("UnitFileState", "")

    def apply(self, *, foreign: bool = False) -> None:
        """Test the settings, write them, let the engine load them, and confirm that it runs.

        foreign tells that others use the engine: their containers run on while it restarts. A
        HostError tells why it does not run, with the engine's own last lines; the former settings
        are in force again then.
        """
        self._test()
        former = self.present()
        try:
            if foreign and self._unit()[0] == "active":
                # The engine can load this one setting without a restart.
                live = {**json.loads(former or "{}"), "live-restore": True}
                self._write(self.path, json.dumps(live))
                self._systemctl("reload")
            if self.present() != self.text:
                self._write(self.path, self.text)
            self._load()
        except HostError as exc:
            raise HostError(f"{exc}\n{self._put_back(former)}") from None

    def _test(self) -> None:
        fresh = self.path.with_name(".daemon.json.peerlb")
        self._write(fresh, self.text)
        try:
            command = ["dockerd", "--validate", *self._flags(), "--config-file", str(fresh)]
            code, out, err = self.run(command)
        finally:
            fresh.unlink()
        if code != 0:
            reason = (err + out).strip()
            raise HostError(f"dockerd refuses the settings, nothing was changed: {reason}")

    def _flags(self) -> t.Sequence[str]:
        """Return the flags with which systemd starts the engine; somebody may have changed them."""
        command = ["systemctl", "show", "--property=ExecStart", "docker"]
        _code, out, _err = self.run(command)
        started = re.search(r"argv\[\]=\S*dockerd ([^;]*) ;", out)
        flags = [each for each in started[1].split() if not each.startswith("$")] if started else []
        return flags or FLAGS

    def _write(self, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(path, text.encode(), 0o644)
        except OSError as exc:
            raise HostError(f"cannot write {path}: {exc.strerror}") from exc

    def _load(self) -> None:
        """Start, reload or restart the engine, as the difference asks for."""
        self._systemctl("enable")
        active, _enabled = self._unit()
        labels = self.labels() if active == "active" else None
        if active != "active":
            self._systemctl("start")
        elif not self._runs_as_wanted(labels):
            self._systemctl("reload" if self.started in (labels or ()) else "restart")
        end = time.monotonic() + CONFIRM_SECONDS
        while not self._runs_as_wanted(self.labels()):
            if time.monotonic() > end:
                raise HostError(
                    "the engine does not answer with its new settings. The last lines of its log:\n"
                    f"{self._last_lines()}"
                )
            time.sleep(0.2)

    def restart(self) -> None:
        """Restart the engine, which writes its rules for published ports anew."""
        self._systemctl("restart")

    def _systemctl(self, verb: str) -> None:
        code, out, err = self.run(["systemctl", verb, "docker"])
        if code != 0:
            raise HostError(
                f"systemctl {verb} docker fails: {(err + out).strip()}\n"
                f"The last lines of its log:\n{self._last_lines()}"
            )

    def _last_lines(self) -> str:
        command = ["journalctl", "--unit", "docker", "--lines", "20", "--no-pager"]
        return self.run([*command, "--output", "cat"])[1].strip()

    def _put_back(self, former: str | None) -> str:
        """Bring the former settings back into force; say what came of it."""
        if former is None or former == self.text:
            return "there were no other settings before"
        self._write(self.path, former)
        self.run(["systemctl", "reset-failed", "docker"])
        code, out, err = self.run(["systemctl", "restart", "docker"])
        if code != 0:
            return f"and the engine does not start with the former settings: {(err + out).strip()}"
        return "the engine runs with the former settings again"


def diff(before: str | None, after: str) -> dict[str, t.Any]:
    """Return Ansible's diff of daemon.json."""
    return {
        "before_header": str(DAEMON_JSON),
        "after_header": str(DAEMON_JSON),
        "before": before or "",
        "after": after,
    }
