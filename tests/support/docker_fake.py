# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Docker engine in memory: it answers the commands that releases of services give."""

from __future__ import annotations

import itertools
import json
import typing as t
from pathlib import Path

LABELS = "com.docker.compose.project."
Answer = tuple[int, str, str]


class FakeDocker:
    """The engine of a host, and its systemd.

    images: the ids by name; registry: what can be pulled, the ids by name. states: in which state a
    container of an image is once it is up, by the image's id; healthy if nothing is said. refuse:
    by word, the error of each command that has the word. done: what was changed or tested.
    """

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.registry: dict[str, str] = {}
        self.series: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.refuse: dict[str, str] = {}
        self.containers: dict[str, dict[str, t.Any]] = {}
        self.units: dict[str, list[str]] = {}
        self.volumes: dict[str, str] = {}  # what the notes in a volume say, by the volume's name
        self.log = ""
        self.commands: list[list[str]] = []
        self.done: list[str] = []
        self.pull_options: list[tuple[str, str]] = []
        self._numbers = itertools.count(1)

    def run(self, command: list[str], **_options: t.Any) -> Answer:
        """Return code, output and errors of a command, as AnsibleModule.run_command does."""
        self.commands.append(command)
        for word, error in self.refuse.items():
            if word in command:
                return 1, "", error
        if command[0] == "systemctl":
            return self._systemctl(command[1:])
        words = [word for word in command[1:] if word != "--quiet"]
        verbs = {
            "inspect": self._inspect,
            "image": self._image,
            "run": self._run,
            "rm": lambda _words: (0, "", ""),
            "volume": lambda words: (int(words[-1] not in self.volumes), "", ""),
            "logs": lambda _words: (0, self.log, ""),
            "compose": self._compose,
            "pull": self._pull,
            "--config": self._pull_with_login,
        }
        return verbs[words[0]](words[1:])

    def _id_of(self, name: str) -> str | None:
        """Return the id of an image by its tag or digest; here, an id is the digest too."""
        repository, _at, digest = name.partition("@")
        by_digest = (
            found
            for known, found in self.images.items()
            if found == digest and known.partition(":")[0] == repository
        )
        return self.images.get(name) or next(by_digest, None)

    def _inspect(self, names: list[str]) -> Answer:
        found = [self.containers[name] for name in names[:1] if name in self.containers]
        found += [{"Id": each} for each in map(self._id_of, names[1:]) if each]
        missing = len(found) < len(names)
        return int(missing), json.dumps(found), "Error: No such object" if missing else ""

    def _image(self, words: list[str]) -> Answer:
        if words[0] == "ls":
            kept = [name for name in self.images if name.partition(":")[0] == words[-1]]
            return 0, "\n".join(kept), ""
        name = words[-1]
        if words[0] == "rm":
            self.done.append(f"remove {name}")
            return (0, "", "") if self.images.pop(name, "") else (1, "", "no such image")
        found = self._id_of(name)
        if not found:
            return 1, "", "no such image"
        if "--format" in words:
            return 0, f"{found}\n", ""
        digests = ["other/x@sha256:0", f"{name.partition(':')[0]}@{found}"]
        return 0, json.dumps([{"Id": found, "RepoDigests": digests}]), ""

    def _pull(self, words: list[str]) -> Answer:
        name = words[-1]
        if name not in self.registry:
            return 1, "", "manifest unknown"
        self.images[name] = self.registry[name]
        self.done.append(f"pull {name}")
        return 0, "", ""

    def _pull_with_login(self, words: list[str]) -> Answer:
        file = Path(words[0]) / "config.json"
        self.pull_options.append((oct(file.stat().st_mode & 0o777), file.read_text()))
        return self._pull(words)

    def _run(self, words: list[str]) -> Answer:
        entrypoint = words[words.index("--entrypoint") + 1]
        image = words[words.index("--entrypoint") + 2]
        if "--detach" in words:
            self.done.append(f"start {words[words.index('--name') + 1]} of {image}")
            return 0, "", ""
        if "--read-only" in words:
            self.done.append(f"test {entrypoint} with {image}")
            return 0, "", ""
        if entrypoint == "cat":
            return 1, self.volumes[words[words.index("--volume") + 1].partition(":")[0]], ""
        return 0, f"Ver {self.series.get(image, '')}\n", ""

    def _compose(self, words: list[str]) -> Answer:
        files = [Path(words[at + 1]) for at, word in enumerate(words) if word == "--file"]
        verb = next(word for word in words if word in ("config", "up", "run", "down", "build"))
        project = json.loads(files[0].read_text())
        service, settings = next(iter(project["services"].items()))
        if verb == "config":
            return 0, "", ""
        if verb == "build":
            self.images[settings["image"]] = f"sha256:built-{next(self._numbers)}"
            self.done.append(f"build {settings['image']}")
        elif verb == "run":
            self.done.append(f"run {' '.join(words[words.index(service) + 1 :])}")
        elif verb == "down":
            self.done.append("down")
            self.containers.pop(project["name"], None)
        else:
            self._up(project["name"], settings, files, "--force-recreate" in words)
        return 0, "", ""

    def _up(self, name: str, settings: dict[str, t.Any], files: list[Path], forced: bool) -> None:
        """As Compose: another definition makes another container, the same one is started."""
        definition = [file.read_text() for file in files]
        known = self.containers.get(name)
        if known and known["definition"] == definition and not forced:
            self.done.append("start")
            known["State"]["Status"] = "running"
            return
        self.done.append("create")
        image = self._id_of(settings["image"]) or ""
        state = self.states.get(image, "healthy")
        status = "exited" if state == "exited" else "running"
        labels = {
            f"{LABELS}config_files": ",".join(map(str, files)),
            f"{LABELS}working_dir": str(files[0].parent),
        }
        self.containers[name] = {
            "Id": f"c{next(self._numbers)}",
            "Name": f"/{name}",
            "Image": image,
            "State": {"Status": status, "Health": {"Status": state}},
            "Config": {"Labels": labels},
            "HostConfig": {"RestartPolicy": {"Name": "always"}},
            "Mounts": [{"Type": "volume", "Name": f"{name}-data"}],
            "definition": definition,
        }

    def _systemctl(self, words: list[str]) -> Answer:
        if words[0] == "show":
            blocks = [
                f"Id={name}\nActiveState={active}\nUnitFileState={enabled}"
                for name in words[2:]
                for active, enabled in [self.units.get(name, ["inactive", "disabled"])]
            ]
            return 0, "\n\n".join(blocks), ""
        self.done.append(" ".join(words))
        name = words[-1]
        state = self.units.setdefault(name, ["inactive", "disabled"])
        if words[0] in ("start", "restart"):
            state[0] = "active"
        if words[0] == "enable":
            state[1] = "enabled"
        if words[0] == "disable":
            del self.units[name]
        return 0, "", ""
