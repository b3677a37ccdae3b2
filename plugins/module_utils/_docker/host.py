# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine of a host with all that it needs: look at what is there, compare, and apply."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, replace

from . import settings
from .boot import BIND, FORWARD, Boot
from .daemon import Daemon, diff
from .packages import (
    Distribution,
    HostError,
    Packages,
    Run,
    fits,
    missing,
    other_engines,
    repository_is_known,
    repository_is_ours,
    repository_problems,
    repository_text,
)
from .rules import Record, containers, without_rules

PACKAGES = ("source", "distribution_packages", "docker_packages", "extra_packages")
IN_THE_WAY = (
    "{} would have to go for what docker_source asks for, and the engine that is there has no"
    " Compose v2 or is none that fits: remove it yourself, or set docker_source to auto"
)
Params = t.Mapping[str, t.Any]  # those of the module docker_engine


def look_at_packages(params: Params, run: Run) -> dict[str, t.Any]:
    """Return the packages that the host lacks, where they come from, and what is in the way."""
    distribution = Distribution.read()
    packages = Packages(*(params[name] for name in PACKAGES))
    names = packages.names(distribution)
    absent = missing(run, names)
    installed = {*names, *other_engines(run)}.difference(absent)
    source, in_the_way = packages.choice(distribution, installed, lambda: fits(run, installed))
    lacking = [name for name in packages.wanted(distribution, source) if name in absent]
    address = params["repository"]
    text = repository_text(address, distribution)
    known = repository_is_known(text, address, distribution)
    wanted = source == "docker" and not known and (bool(lacking) or repository_is_ours())
    problems = [IN_THE_WAY.format(", ".join(in_the_way))] if in_the_way else []
    if wanted and not problems:
        problems = repository_problems(address, distribution, params["fingerprint"])
    return {
        "problems": problems,
        "missing": lacking,
        "repository_missing": wanted,
        "distribution": {**vars(distribution), "repository": text},
    }


@dataclass(frozen=True)
class Settings:
    """All settings of daemon.json, and what was found there that is not ours.

    labels are the two labels of the engine. foreign tells whether the file has none of ours.
    """

    config: settings.Settings
    labels: list[str]
    found: settings.Settings
    foreign: bool
    problems: list[str]


def look_at_settings(params: Params, run: Run, text: str | None, note: t.Any) -> Settings:
    """Return the settings by what daemon.json has, and what was noted when it was somebody's.

    A HostError says that daemon.json cannot be read.
    """
    try:
        found = settings.parse(text)
    except ValueError as exc:
        raise HostError(f"daemon.json cannot be read: {exc}. Mend it, or move it away") from exc
    foreign = text is not None and not settings.is_ours(found)
    found = found if foreign else dict(note or {})
    config, labels = settings.with_found(found, params["config"], params["labels"])
    problems = settings.problems(found, params["config"]) if foreign else []
    if config.get("live-restore") and foreign and _is_in_a_swarm(run):
        problems.append(
            "the engine belongs to a swarm, which excludes live-restore: leave the swarm, or set"
            ' docker_daemon_config to {"live-restore": false}'
        )
    return Settings(config, labels, found, foreign, problems)


def _is_in_a_swarm(run: Run) -> bool:
    command = ["docker", "info", "--format", "{{ .Swarm.LocalNodeState }}"]
    return run(command)[1].strip() == "active"


@dataclass(frozen=True)
class EngineHost:
    """The engine of the host, compared and applied as a whole.

    former is the text of daemon.json. boot is None if the kernel is not managed. records are the
    containers as `docker inspect` tells them. problems stand in the way of any change.
    """

    run: Run
    daemon: Daemon
    former: str | None
    settings: Settings
    boot: Boot | None
    packages: t.Mapping[str, t.Any]
    records: t.Sequence[Record]
    problems: list[str]

    @classmethod
    def look(
        cls, params: Params, run: Run, former: str | None, note: t.Any, records: t.Sequence[Record]
    ) -> EngineHost:
        """Return the engine that the module's parameters ask for, beside what is on the host.

        note is what was noted of a daemon.json of somebody else.
        """
        packages = look_at_packages(params, run)
        looked = look_at_settings(params, run, former, note)
        # As Ansible's filter to_nice_json writes it.
        text = json.dumps(looked.config, indent=4, sort_keys=True) + "\n"
        daemon = Daemon(run, text, looked.labels[0], looked.labels[1])
        boot = _boot(run, looked) if params["late_addresses"] else None
        problems = [*packages["problems"], *looked.problems]
        return cls(run, daemon, former, looked, boot, packages, records, problems)

    def beside(self, problems: t.Sequence[str]) -> EngineHost:
        """Return the same beside more problems."""
        return replace(self, problems=[*self.problems, *problems])

    @property
    def lacking(self) -> list[str]:
        """Return the packages that are missing, without which no settings are applied."""
        return self.packages["missing"]

    def reasons(self) -> list[str]:
        """Return what differs, in words."""
        if self.lacking:
            return [f"the package {name} is missing" for name in self.lacking]
        found = self.boot.reasons() if self.boot else []
        lost = without_rules(self.run, self.records)
        return [*found, *self.daemon.reasons(), *([_rules_lost(lost)] if lost else [])]

    def result(self) -> dict[str, t.Any]:
        """Return what the module tells of the comparison."""
        wanted = self.daemon.text
        return {
            **self.packages,
            "diff": diff(self.former, wanted) if self.former != wanted else {},
            "differs": self.reasons(),
            "problems": self.problems,
            **({"msg": "; ".join(self.problems)} if self.problems else {}),
        }

    def apply(self) -> None:
        """Apply what differs, unless packages are missing; a HostError says what does not work."""
        if self.lacking:
            return
        if self.boot:
            self.boot.apply()
        if self.daemon.reasons():
            self.daemon.apply(foreign=self.settings.foreign)
        if without_rules(self.run, self.records):
            self.daemon.restart()
            if lost := without_rules(self.run, containers(self.run)):
                raise HostError(f"{_rules_lost(lost)}, even after a restart of the engine")


def _boot(run: Run, looked: Settings) -> Boot:
    # With its backend nftables, Docker does not let the kernel forward by itself.
    forwards = looked.config.get("firewall-backend") == "nftables"
    return Boot(run, (BIND, FORWARD) if forwards else (BIND,))


def _rules_lost(names: t.Sequence[str]) -> str:
    return f"Docker's firewall rules that lead to {', '.join(names)} are gone"
