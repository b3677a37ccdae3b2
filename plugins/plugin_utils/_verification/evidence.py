# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the playbook verify registered, as one value. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._topology.values import CLIENTS
from .._stack import StackGroups

CONTROLLER = "localhost"
LONGEST = 160  # characters of the application's answer in a sentence

Record = t.Mapping[str, t.Any]
Groups = t.Mapping[str, t.Sequence[str]]
Found = t.Mapping[str, t.Mapping[str, t.Any]]  # variables by host

RESULTS = ("__verify_probes", "__release_info", "__verify_connection", "__verify_sample")
SETTINGS = ("verify_path", "verify_tolerance", "webapp_served_by")
FACTS = ("__explanations", "__audit")  # of the play, known to each of its hosts
NAMES = (*RESULTS, *SETTINGS, *FACTS)  # what to read of the hosts' variables
TOLERANCE = 10  # answers of forty


def client_of(groups: Groups) -> str:
    """Return the host that uses the service as a client does: the controller if there is none."""
    return next(iter(groups.get(CLIENTS, ())), CONTROLLER)


@dataclass(frozen=True)
class Evidence:
    """What was found, and on which hosts.

    inside: the hosts that the run was about, in the order of their groups; outside: those that
    `--limit` left out; found: by host what its variables hold under NAMES.
    """

    stack: StackGroups
    client: str
    balancer: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    found: Found

    @classmethod
    def of(
        cls, stack: StackGroups, groups: Groups, play_hosts: t.Sequence[str], found: Found
    ) -> Evidence:
        """Divide the hosts of the stack and its clients by whether the run was about them."""
        client = client_of(groups)
        everyone = dict.fromkeys([*stack.hosts(groups), *(groups.get(CLIENTS) or [client])])
        about = set(play_hosts)
        return cls(
            stack,
            client,
            groups[stack.balancer][0],
            tuple(host for host in everyone if host in about),
            tuple(host for host in everyone if host not in about),
            found,
        )

    def _of(self, host: str, name: str) -> Record:
        return self.found.get(host, {}).get(name) or {}

    @property
    def results(self) -> dict[str, list[Record]]:
        """The results of the probes of each host that probed."""
        probed = {host: self._of(host, "__verify_probes") for host in self.inside}
        return {host: own["results"] for host, own in probed.items() if "results" in own}

    @property
    def sample(self) -> Record:
        """How the forty requests of the client were answered."""
        return self._of(self.client, "__verify_sample")

    @property
    def connection(self) -> Record:
        """How the one request was answered for which the application has to use MySQL."""
        return self._of(self.client, "__verify_connection")

    @property
    def connection_not_asked(self) -> bool:
        """Whether that request was left out, as nobody said which path asks for it."""
        return bool(self.connection.get("skipped"))

    @property
    def connection_works(self) -> bool:
        """Whether the application reached MySQL."""
        return self.connection.get("statuses") == {"200": 1}

    @property
    def connection_answer(self) -> str:
        """What the application said of MySQL: its own words, else its status, else the error."""
        words = _shortened(self.connection.get("body") or "")
        statuses = [f"status {status}" for status in self.connection.get("statuses") or ()]
        return next(iter([*filter(None, [words]), *statuses, *self._errors()]), "no answer")

    def _errors(self) -> t.Sequence[str]:
        return self.connection.get("errors") or ()

    @property
    def release(self) -> str:
        """The release of nginx that serves on the first load balancer, or ""."""
        return self._of(self.balancer, "__release_info").get("serving") or ""

    @property
    def pool(self) -> Record:
        """The application's pool as the first load balancer balances it."""
        pools = self._of(self.balancer, "__release_info").get("pools") or ()
        return next((each for each in pools if each["name"] == self.stack.application), {})

    @property
    def missing_ends(self) -> list[str]:
        """The client and the load balancer, as far as `--limit` left them out."""
        return [host for host in (self.client, self.balancer) if host in self.outside]

    @property
    def path(self) -> str:
        """Where the application says whether it reaches MySQL."""
        return self.found.get(self.client, {}).get("verify_path") or "/connection"

    @property
    def tolerance(self) -> int:
        """By how many of the forty answers a member may miss its share: other clients ask too."""
        return int(self.found.get(self.client, {}).get("verify_tolerance", TOLERANCE))

    @property
    def served_by(self) -> dict[str, str]:
        """What hosts call themselves in their answers, where that is not their own name."""
        return {host: own.get("webapp_served_by") or "" for host, own in self.found.items()}

    @property
    def explanations(self) -> dict[str, list[str]]:
        """The lines that explain probes that failed, by the name of the probe."""
        return {name: own["lines"] for name, own in self._fact("__explanations").items()}

    @property
    def project(self) -> Record:
        """What the playbook audit found in the cloud's project, if it ran in the same run."""
        return self._fact("__audit")

    def _fact(self, name: str) -> Record:
        return next((own[name] for own in self.found.values() if name in own), {})


def _shortened(text: str) -> str:
    """Return a text on one line, cut at a space if it is longer than LONGEST."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rsplit(" ", 1)[0] + "..."
