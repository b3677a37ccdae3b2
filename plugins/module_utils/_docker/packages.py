# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which distribution a host runs, and which packages it needs. Read in each run, never cached."""

from __future__ import annotations

import shlex
import typing as t
from dataclasses import dataclass
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")
KEY = Path("/etc/apt/keyrings/docker.asc")
SOURCES = Path("/etc/apt/sources.list.d/docker.sources")
Run = t.Callable[..., "tuple[int, str, str]"]


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

    def wanted(self, distribution: Distribution) -> list[str]:
        """Return the names of the packages for a distribution."""
        from_docker = self.source_for(distribution) == "docker"
        engine = self.of_docker if from_docker else self.by_release[distribution.release]
        return list(dict.fromkeys([*engine, *self.extra]))


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


def repository_text(address: str, distribution: Distribution) -> str:
    """Return the text of docker.sources."""
    return (
        f"Types: deb\nURIs: {address}/{distribution.name}\nSuites: {distribution.release}\n"
        f"Components: stable\nSigned-By: {KEY}\n"
    )


def repository_is_there(text: str) -> bool:
    """Tell whether apt knows Docker's repository by this text, and its key."""
    try:
        return SOURCES.read_text(encoding="utf-8") == text and KEY.exists()
    except OSError:
        return False
