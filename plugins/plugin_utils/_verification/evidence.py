# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the playbook verify registered, as one value."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ...module_utils._topology.hosts import HostVars
from ...module_utils._topology.values import CLIENTS
from .._derive.application import Application
from .._explain.plan import host_answers, with_door_names
from .._stack import StackGroups

CONTROLLER = "localhost"
MAX_ANSWER = 160  # characters of the application's answer in a sentence
TOLERANCE = 10  # answers of the forty

Record = t.Mapping[str, t.Any]  # plain data: the result of a task, or a part of it
Groups = t.Mapping[str, t.Sequence[str]]

RESULTS = ("__verify_probes", "__release_info", "__verify_connection", "__verify_sample")
SETTINGS = ("verify_path", "verify_tolerance", "verify_certificate_days", "webapp_served_by")
DECLARED = ("url_map", "gatekeeper")  # of what the load balancers do with requests, as peerlb_…
FACTS = ("__explanations", "__explain_plan", "__audit")  # each host of a play has its facts
ANSWERS = ("__explain_probes", "__explain_path", "__explain_seen")
OF_BALANCER = tuple(f"peerlb_{name}" for name in DECLARED)
# What to read of the hosts' variables.
NAMES = (*RESULTS, *SETTINGS, *OF_BALANCER, *FACTS, *ANSWERS)


def client_of(groups: Groups) -> str:
    """Return the host that uses the service as a client does: the controller if there is none."""
    return next(iter(groups.get(CLIENTS, ())), CONTROLLER)


@dataclass(frozen=True)
class Evidence:
    """What a verification found, and on which hosts of the stack and its clients.

    client, balancer: the two hosts that tell how the service answers; in_run: the hosts that the
    run was about, in the order of their groups; left_out: those outside of `--limit`; variables:
    what the hosts' variables hold under NAMES; application: how the inventory says to ask it.
    """

    stack: StackGroups
    client: str
    balancer: str
    in_run: tuple[str, ...]
    left_out: tuple[str, ...]
    variables: HostVars
    application: Application = Application()

    @classmethod
    def of(
        cls,
        stack: StackGroups,
        groups: Groups,
        play_hosts: t.Sequence[str],
        variables: HostVars,
        application: Application | None = None,
    ) -> Evidence:
        """Return the evidence of a run; play_hosts is `ansible_play_hosts_all`."""
        client = client_of(groups)
        hosts = dict.fromkeys([*stack.hosts(groups), *(groups.get(CLIENTS) or [client])])
        run = set(play_hosts)
        return cls(
            stack,
            client,
            groups[stack.balancer][0],
            tuple(host for host in hosts if host in run),
            tuple(host for host in hosts if host not in run),
            variables,
            application or Application(),
        )

    def _result(self, host: str, name: str) -> Record:
        return self.variables.get(host, {}).get(name) or {}

    @property
    def probes(self) -> dict[str, list[Record]]:
        """The results of the probes by host; a host that did not probe is left out."""
        results = {host: self._result(host, "__verify_probes") for host in self.in_run}
        return {host: result["results"] for host, result in results.items() if "results" in result}

    @property
    def sample(self) -> Record:
        """How the forty requests of the client were answered."""
        return self._result(self.client, "__verify_sample")

    @property
    def connection(self) -> Record:
        """How the one request was answered for which the application has to use MySQL."""
        return self._result(self.client, "__verify_connection")

    @property
    def connection_not_asked(self) -> bool:
        """Whether that request was left out, because nobody said which path asks for it."""
        return bool(self.connection.get("skipped"))

    @property
    def connection_works(self) -> bool:
        """Whether the application reached MySQL."""
        return self.connection.get("statuses") == {"200": 1}

    @property
    def connection_answer(self) -> str:
        """What the application said of MySQL, else the status, else the error of the request."""
        words = _shortened(self.connection.get("body") or "")
        statuses = [f"status {status}" for status in self.connection.get("statuses") or ()]
        errors = self.connection.get("errors") or ()
        return next(iter([*filter(None, [words]), *statuses, *errors]), "no answer")

    @property
    def release(self) -> str:
        """The release of nginx that serves on the first load balancer; "" if none does."""
        return self._result(self.balancer, "__release_info").get("serving") or ""

    @property
    def pool(self) -> Record:
        """The application's pool as the first load balancer balances it; {} if it has none."""
        info, name = self._result(self.balancer, "__release_info"), self.stack.application
        pools = (pool for pool in info.get("pools") or () if pool["name"] == name)
        return next((_as_served(pool, info) for pool in pools), {})

    @property
    def balancing(self) -> dict[str, Record]:
        """What nginx_release_info returned, by load balancer. On other hosts it was skipped."""
        found = {host: self._result(host, "__release_info") for host in self.in_run}
        return {host: info for host, info in found.items() if info and not info.get("skipped")}

    @property
    def requests(self) -> dict[str, Record]:
        """What is known of what each load balancer does with requests, as the report takes it."""
        found: dict[str, Record] = {}
        for host, info in self.balancing.items():
            own = self.variables[host]
            found[host] = {"info": info, **{key: own.get(f"peerlb_{key}") for key in DECLARED}}
        return found

    @property
    def missing_ends(self) -> list[str]:
        """The client and the load balancer, as far as `--limit` left them out."""
        return [host for host in (self.client, self.balancer) if host in self.left_out]

    @property
    def path(self) -> str:
        """The path at which the application says whether it reaches MySQL."""
        return self.variables.get(self.client, {}).get("verify_path") or "/connection"

    @property
    def tolerance(self) -> int:
        """The number of answers by which a member may miss its share of the forty."""
        return int(self.variables.get(self.client, {}).get("verify_tolerance", TOLERANCE))

    @property
    def certificate_days(self) -> float | None:
        """How many days a certificate has to last; None for a tenth of its lifetime."""
        told = self.variables.get(self.balancer, {}).get("verify_certificate_days")
        return None if told is None else float(told)

    @property
    def served_by(self) -> dict[str, str]:
        """The name of each host in its answers, or "" if that is the host's own name."""
        return {host: own.get("webapp_served_by") or "" for host, own in self.variables.items()}

    @property
    def explanations(self) -> dict[str, list[str]]:
        """The lines that explain probes that failed, by the name of the probe."""
        return {name: own["lines"] for name, own in self._fact("__explanations").items()}

    @property
    def doors(self) -> dict[str, Record]:
        """What path_info found at targets, by the name of the connection."""
        asked = self._fact("__explain_plan").get("by_host", {})
        told = {
            host: host_answers(*map(self.variables.get(host, {}).get, ANSWERS)) for host in asked
        }
        named = with_door_names(asked, told).values()
        return {name: door for own in named for name, door in own["doors"].items()}

    @property
    def project(self) -> Record:
        """What the playbook audit found in the cloud's project, if it ran in the same run."""
        return self._fact("__audit")

    def _fact(self, name: str) -> Record:
        return next((own[name] for own in self.variables.values() if name in own), {})


def _as_served(pool: Record, info: Record) -> Record:
    """Return a pool in which a member that the unit has taken out for its health is down."""
    told = ((info.get("health") or {}).get(pool["name"]) or {"members": {}})["members"]
    out = [name for name, each in told.items() if each["state"] == "bad" and not each["serves"]]
    members = [{**m, "state": "down"} if m["name"] in out else m for m in pool["members"]]
    return {**pool, "members": members}


def _shortened(text: str) -> str:
    """Return a text on one line, cut at a space if it is longer than MAX_ANSWER."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_ANSWER else line[: MAX_ANSWER - 3].rsplit(" ", 1)[0] + "..."
