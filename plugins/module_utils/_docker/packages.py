# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which distribution a host runs, and which packages it needs. Read in each run, never cached."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .keys import fingerprints, is_key

OS_RELEASE = Path("/etc/os-release")
KEY = Path("/etc/apt/keyrings/docker.asc")
SOURCES = Path("/etc/apt/sources.list.d/docker.sources")
APT = SOURCES.parent
SNAP = Path("/var/lib/snapd/snaps")
Run = t.Callable[..., "tuple[int, str, str]"]
# Packages of engines that apt would remove for any other engine.
ENGINES = (
    *("podman-docker", "docker-engine", "docker-ee", "docker-ee-cli", "lxc-docker"),
    *("moby-engine", "moby-cli", "moby-containerd", "moby-runc", "moby-buildx", "moby-compose"),
)
# What cannot stay beside the engine of each source, besides these and the other source's packages.
NOT_BESIDE = {
    "docker": (
        "docker.io",
        "docker-cli",
        "docker-buildx",
        "docker-compose-v2",
        "containerd",
        "runc",
    ),
    "distribution": ("docker-ce", "docker-ce-cli", "containerd.io", "docker-compose-plugin"),
}
THE_SNAP = "the snap docker"
# Where an engine may be that no package brought.
BINARIES = tuple(
    f"/usr/{directory}/dockerd" for directory in ("local/sbin", "local/bin", "sbin", "bin")
)
MARK = "# By peerlb.stack\n"
# docker.sources as this collection writes it, and as former versions did.
FORM = rf"({MARK})?Types: deb\nURIs: .*\nSuites: .*\nComponents: stable\nSigned-By: \S+docker.asc\n"


class HostError(Exception):
    """The host is not one that the collection supports, or its engine does not run."""


@dataclass(frozen=True)
class Distribution:
    """A distribution: name "debian", release "trixie", version "13"."""

    name: str
    release: str
    version: str

    @classmethod
    def read(cls, path: Path = OS_RELEASE) -> Distribution:
        """Return the distribution that this host runs by now."""
        lines = path.read_text(encoding="utf-8").splitlines()
        pairs = dict(line.split("=", 1) for line in lines if "=" in line)
        values = {key: "".join(shlex.split(value)) for key, value in pairs.items()}
        words = ("ID", "VERSION_CODENAME", "VERSION_ID")
        return cls(*(values.get(word, "") for word in words))

    def __str__(self) -> str:
        """Return the distribution as people call it: "Debian 13 (trixie)"."""
        return f"{self.name.capitalize()} {self.version} ({self.release})"


@dataclass(frozen=True)
class Packages:
    """The packages of the engine: those of distributions that have Compose v2, and Docker's own.

    source is auto, distribution or docker; extra are those wanted besides.
    """

    source: str
    by_release: t.Mapping[str, t.Sequence[str]]
    of_docker: t.Sequence[str]
    extra: t.Sequence[str]

    def source_for(self, distribution: Distribution) -> str:
        """Return where the engine comes from: distribution or docker; a HostError if nowhere."""
        if distribution.release not in self.by_release:
            raise HostError(
                f"this host runs {distribution}. The docker role installs on Debian 12 and 13 and"
                " on Ubuntu 22.04 and 24.04."
            )
        own = self.by_release[distribution.release]
        if self.source == "distribution" and not own:
            raise HostError(
                f'docker_source is "distribution", but {distribution} has no Compose v2. Set'
                ' docker_source to "docker" or leave it out.'
            )
        return ("distribution" if own else "docker") if self.source == "auto" else self.source

    def wanted(self, distribution: Distribution, source: str = "") -> list[str]:
        """Return the names of the packages for a distribution; source "host" has no engine."""
        engine = self._engine(source or self.source_for(distribution), distribution)
        return list(dict.fromkeys([*engine, *self.extra]))

    def _engine(self, source: str, distribution: Distribution) -> t.Sequence[str]:
        engines = {"docker": self.of_docker, "distribution": self.by_release[distribution.release]}
        return engines.get(source, ())

    def names(self, distribution: Distribution) -> list[str]:
        """Return all names of packages to ask for before `choice`."""
        others = [*ENGINES, *NOT_BESIDE["docker"], *NOT_BESIDE["distribution"]]
        own = self.by_release.get(distribution.release, ())
        return list(dict.fromkeys([*self.extra, *own, *self.of_docker, *others]))

    def choice(
        self, distribution: Distribution, installed: t.Container[str], fits: t.Callable[[], bool]
    ) -> tuple[str, list[str]]:
        """Return where the engine comes from, and what stands in the way of it.

        The first is distribution, docker, or "host" for an engine of another origin that fits.
        auto takes the source of which nothing would have to be removed. fits tells whether the
        engine that is there can be used as it is.
        """
        first = self.source_for(distribution)
        sources = [first, "docker"] if self.source == "auto" else [first]
        for source in sources:
            if not self._in_the_way(source, distribution, installed):
                return source, []
        if self.source == "auto" and fits():
            return "host", []
        return first, self._in_the_way(first, distribution, installed)

    def _in_the_way(
        self, source: str, distribution: Distribution, installed: t.Container[str]
    ) -> list[str]:
        """Return what would have to go for the engine of a source; nothing if that is there."""
        engine = self._engine(source, distribution)
        if all(name in installed for name in engine):
            return []
        other = self._engine("distribution" if source == "docker" else "docker", distribution)
        names = dict.fromkeys([*ENGINES, *NOT_BESIDE[source], *other, THE_SNAP, *BINARIES])
        return [name for name in names if name in installed and name not in engine]


def missing(run: Run, names: t.Sequence[str]) -> list[str]:
    """Return which of these packages are not installed."""
    form = "--showformat=${db:Status-Status} ${Package}\n"
    code, out, err = run(["dpkg-query", "--show", form, *names])
    if code not in (0, 1):
        raise HostError(f"dpkg-query fails: {err.strip()}")
    installed = [
        line.partition(" ")[2] for line in out.splitlines() if line.startswith("installed ")
    ]
    return [name for name in names if name not in installed]


def other_engines(run: Run) -> list[str]:
    """Return engines that no package brought: ["the snap docker", "/usr/local/bin/dockerd"]."""
    found = [THE_SNAP] if list(SNAP.glob("docker_*.snap")) else []
    program = shutil.which("dockerd", path=":".join(map(os.path.dirname, BINARIES)))
    if program and run(["dpkg-query", "--search", program])[0] != 0:
        found.append(program)
    return found


def fits(run: Run, installed: t.Container[str]) -> bool:
    """Tell whether the engine of this host can be used as it is: dockerd with Compose v2."""
    if "podman-docker" in installed or THE_SNAP in installed:
        return False
    code, out, _err = run(["docker", "compose", "version", "--short"])
    major = out.strip().lstrip("v").partition(".")[0]
    return (
        code == 0
        and major.isdecimal()
        and int(major) >= 2
        and run(["dockerd", "--version"])[0] == 0
    )


def repository_text(address: str, distribution: Distribution) -> str:
    """Return the text of docker.sources."""
    return (
        f"{MARK}Types: deb\nURIs: {address}/{distribution.name}\nSuites: {distribution.release}\n"
        f"Components: stable\nSigned-By: {KEY}\n"
    )


def repository_is_there(text: str) -> bool:
    """Tell whether apt knows Docker's repository by this text, and its key."""
    try:
        return SOURCES.read_text(encoding="utf-8") == text and KEY.exists()
    except OSError:
        return False


def repository_is_ours() -> bool:
    """Tell whether this collection has written docker.sources."""
    with contextlib.suppress(OSError):
        return bool(re.fullmatch(FORM, SOURCES.read_text(encoding="utf-8", errors="replace")))
    return False


def repository_is_known(text: str, address: str, distribution: Distribution) -> bool:
    """Tell whether apt knows Docker's repository, by this text or by a file of somebody else."""
    if repository_is_there(text):
        return True
    uri = rf"{re.escape(address.rstrip('/'))}/{distribution.name}/?"
    line = re.compile(rf"^deb .*{uri} +{distribution.release} ", re.MULTILINE)
    stanza = re.compile(rf"^URIs: *{uri} *\nSuites:.*\b{distribution.release}\b", re.MULTILINE)
    files = [path for path in sorted(APT.glob("*.[ls][io]*")) if path != SOURCES or KEY.exists()]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    return any(line.search(each) or stanza.search(each) for each in texts)


def repository_problems(address: str, distribution: Distribution, fingerprint: str) -> list[str]:
    """Return the files of somebody else that stand where Docker's repository would be written."""
    found = []
    if SOURCES.exists() and not repository_is_ours():
        found.append(
            f"{SOURCES} is not ours and does not name {address}/{distribution.name}: set"
            " docker_apt_repository to what it names, or move it away"
        )
    if fingerprint and KEY.exists() and not is_key(KEY.read_bytes(), fingerprint):
        found.append(
            f"{KEY} is not the key {fingerprint}: set docker_apt_key_fingerprint to its"
            " fingerprint, or move it away"
        )
    return found


def add_repository(
    open_url: t.Callable[..., t.Any], params: t.Mapping[str, t.Any], distribution: Distribution
) -> None:
    """Let apt know Docker's repository and its key; a HostError if it is another key."""
    address = f"{params['repository']}/{distribution.name}/gpg"
    text = repository_text(params["repository"], distribution)
    try:
        data = open_url(address, timeout=30).read()
        if params["fingerprint"] and not is_key(data, params["fingerprint"]):
            raise HostError(
                f"the key at {address} is {', '.join(fingerprints(data)) or 'no key'} and not"
                f" {params['fingerprint']} (docker_apt_key_fingerprint)"
            )
        for path, content in ((KEY, data), (SOURCES, text.encode())):
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o644)
    except OSError as exc:  # those of urllib too
        raise HostError(f"cannot add Docker's repository, {address}: {exc}") from exc
