# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of modules on a host of the fleet, as if the stack were deployed on the host."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from posixpath import normpath
from urllib.parse import quote, unquote

Params = dict[str, t.Any]
FILE = {"uid": 0, "gid": 0, "owner": "root", "group": "root", "mode": "0644"}
RELEASES = {"release": "3f9a1c52be07", "previous": "0d44e1a97c31"}
DEBIAN = {
    "ansible_distribution": "Debian",
    "ansible_distribution_release": "trixie",
    "ansible_distribution_version": "13.1",
    "ansible_distribution_major_version": "13",
}


@dataclass(frozen=True)
class Disk:
    """The files that tasks wrote to a host. A host also has every file that another host has.

    So a task copies the application's source, for example, to the first web server only.
    """

    own: Path
    common: Path

    def write(self, path: str, content: bytes) -> None:
        """Write a file of this host. It becomes a file of all hosts if no host had it before."""
        self._place(self.own, path).write_bytes(content)
        if not (common := self._place(self.common, path)).exists():
            common.write_bytes(content)

    @staticmethod
    def _place(folder: Path, path: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return folder / quote(normpath(path), safe="")

    def put(self, path: str, content: bytes) -> None:
        """Write a temporary file, which a module will move to its destination."""
        self._place(self.own, path).write_bytes(content)

    def take(self, path: str) -> bytes:
        """Return the content of a temporary file, and remove the file."""
        place = self._place(self.own, path)
        content = place.read_bytes()
        place.unlink()
        return content

    def read(self, path: str) -> bytes | None:
        """Return the content of a file, or None if there is no such file."""
        for folder in (self.own, self.common):
            if (place := self._place(folder, path)).exists():
                return place.read_bytes()
        return None

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        return [unquote(place.name) for place in self.common.glob("*")]


def answer(disk: Disk, module: str, params: Params) -> Params:
    """Return the result of a module on the host with this disk.

    Raises LookupError for a module that no answer is written for.
    """
    return {"changed": False, **ANSWERS[module](disk, params)}


def _stat(disk: Disk, params: Params) -> Params:
    content = disk.read(params["path"])
    if content is None:
        return {"stat": {"exists": False}}
    kind = {"isdir": False, "isreg": True, "islnk": False, "size": len(content)}
    return {"stat": {"exists": True, "checksum": _sha1(content), **kind, **FILE}}


def _copy(disk: Disk, params: Params) -> Params:
    content = disk.take(params["src"])
    name = params.get("_original_basename") or ""
    dest = params["dest"] + name if params["dest"].endswith("/") else params["dest"]
    disk.write(dest, content)
    return {"changed": True, "dest": dest, "checksum": _sha1(content), "state": "file", **FILE}


def _file(_disk: Disk, params: Params) -> Params:
    path = params.get("path") or params.get("dest")
    return {"path": path, "dest": path, "state": params.get("state"), **FILE}


def _find(disk: Disk, params: Params) -> Params:
    found = [
        {"path": path, "mtime": 1767225600.0, **FILE}
        for path in disk.paths()
        if any(path.startswith(f"{folder}/") for folder in _several(params["paths"]))
        and any(fnmatch(path.rpartition("/")[2], name) for name in _several(params["patterns"]))
    ]
    return {"files": found, "matched": len(found), "examined": len(found)}


def _several(given: str | list[str]) -> list[str]:
    """Return a list. Where a module takes a list of words, a task may give one word."""
    return [given] if isinstance(given, str) else given


def _slurp(disk: Disk, params: Params) -> Params:
    content = disk.read(params["src"])
    if content is None:
        return {"failed": True, "msg": f"file not found: {params['src']}"}
    return {"content": base64.b64encode(content).decode(), "encoding": "base64"}


def _command(disk: Disk, params: Params) -> Params:
    text = params.get("cmd") or params.get("_raw_params") or " ".join(params.get("argv") or ())
    for words, output in COMMANDS.items():
        if words in text:
            return {"changed": True, "rc": 0, "stdout": output(disk, text), "stderr": ""}
    raise LookupError(f"command: {text}")


def _installed(_disk: Disk, text: str) -> str:
    """Report every package in the command as installed."""
    packages = text.partition("${Package}\\n")[2].split()
    return "\n".join(f"installed {package}" for package in packages) or "installed"


def _labels(disk: Disk, _text: str) -> str:
    """Report that the engine has loaded the daemon.json on the disk."""
    return "\n".join(json.loads(disk.read("/etc/docker/daemon.json") or b"{}").get("labels", []))


def _reachability(_disk: Disk, params: Params) -> Params:
    results = [_probed(target) for target in params["targets"]]
    count = len(results)
    return {"results": results, "summary": {"total": count, "ok": count, "mismatched": 0}}


def _probed(target: Params) -> Params:
    """Return the result of a probe, which is always as declared."""
    found = target["expect"] == "open"
    return {
        **target,
        **{"state": "open" if found else "timeout", "connected": found, "latency_ms": 1.0},
        **{"detail": "answered" if found else "no answer in 2 s", "ok": True},
    }


def _release(disk: Disk, params: Params) -> Params:
    disk.write("release", json.dumps(params["pools"]).encode())
    return {**RELEASED, "differences": []}


def _service_release(disk: Disk, params: Params) -> Params:
    """Return what differs on this host, as a test has written it to the file "differs".

    A host with a file "fails" does not come up.
    """
    if disk.read("fails") and not params["test_only"]:
        return {"failed": True, "msg": "peerlb-webapp exits as soon as it has started"}
    return {**RELEASES, "differs": json.loads(disk.read("differs") or b"[]"), "health": {}}


def _service_release_info(_disk: Disk, params: Params) -> Params:
    """Return what runs of a service, which is what its release says."""
    image = f"{params['service']}:1"
    return {
        **{"release": RELEASES["release"], "image": image, "requested": image, "differs": []},
        "running": {"state": "running", "health": "healthy", "image": "sha256:0f3c", "since": ""},
        "history": [{"id": RELEASES["release"], "by": "ada", "at": "2026-01-01T10:00:00Z"}],
    }


def _override(disk: Disk, params: Params) -> Params:
    """Return the result of a change, which fails on a host with a file "fails"."""
    if disk.read("fails") and not params["test_only"]:
        return {"failed": True, "msg": "the release did not come up in 15 s"}
    return {**RELEASES, "pools": [], "differences": [], "seconds": 0.4}


def _release_info(disk: Disk, _params: Params) -> Params:
    usual = {"state": "up", "backup": False, "weight": 1}
    pools = json.loads(disk.read("release") or b"[]")
    pools = [{**pool, "members": [{**usual, **one} for one in pool["members"]]} for pool in pools]
    return {"release": "3f9a1c52be07", "serving": "3f9a1c52be07", "pools": pools}


def _http_sample(disk: Disk, params: Params) -> Params:
    """Return answers of all members in turn, one for each request."""
    pools = _release_info(disk, {})["pools"]
    names = [one["name"] for pool in pools if pool["name"] == "webapp" for one in pool["members"]]
    served = [names[turn % len(names)] for turn in range(params["requests"])]
    counts = {name: served.count(name) for name in served}
    answers = {"statuses": {"200": len(served)}, "served_by": counts, "body": "ok"}
    return {**answers, "failed_requests": 0, "errors": [], "median_ms": 1.0}


def _sha1(content: bytes) -> str:
    """Return the checksum with which Ansible compares files."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _nothing(_disk: Disk, _params: Params) -> Params:
    """Return no change: the host already has what the task asks for."""
    return {}


RELEASED: Params = {
    "release": "3f9a1c52be07",
    "previous": "3f9a1c52be07",
    "differs": [],
    "effect": "keep",
    "diff": [],
}
COMMANDS: dict[str, t.Callable[[Disk, str], str]] = {
    "dpkg-query --show": _installed,
    "docker info": _labels,
    "docker exec --interactive peerlb-mysql": lambda _disk, _text: "[]\n[]\n[]\n[]",
    "logrotate": lambda _disk, _text: "logrotate",
    "mysql/ca.pem": lambda _disk, _text: "-----BEGIN CERTIFICATE-----",
}
ANSWERS: dict[str, t.Callable[[Disk, Params], Params]] = {
    **dict.fromkeys(("apt", "systemd", "systemd_service", "docker_compose_v2"), _nothing),
    "command": _command,
    "copy": _copy,
    "file": _file,
    "find": _find,
    "host_firewall": lambda _disk, _params: {"trial": False, "missing": False, "diff": []},
    "http_sample": _http_sample,
    "docker_engine": lambda _disk, _params: {
        "missing": [],
        "repository_missing": False,
        "has_helper": False,
        "images": {},
        "differs": [],
    },
    "image_info": lambda _disk, _params: {"images": {}, "unresolved": []},
    "service_release": _service_release,
    "service_release_info": _service_release_info,
    "service_removal": lambda _disk, params: {
        "changed": True,
        "goes": [f"the container peerlb-{params['service']}"],
        "stays": [],
    },
    "service_rollback": lambda _disk, _params: {**RELEASES, "health": {}},
    "nginx_member": lambda _disk, _params: {**RELEASES, "pools": [], "left": 0},
    "nginx_rollback": lambda _disk, _params: {**RELEASES, "differences": []},
    "nginx_override": _override,
    "nginx_release": _release,
    "nginx_release_info": _release_info,
    "reachability": _reachability,
    "setup": lambda _disk, _params: {"ansible_facts": DEBIAN},
    "slurp": _slurp,
    "stat": _stat,
    "uri": lambda _disk, _params: {"status": 200},
}
