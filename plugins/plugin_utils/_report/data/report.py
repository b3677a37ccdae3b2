# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put all that verify found into one plain value, to be kept as JSON and to be drawn."""

from __future__ import annotations

import typing as t

from ....module_utils._topology.model import Topology
from ....module_utils._topology.values import CLIENTS, Host
from ..._derive.flows import probe_targets
from ..._derive.probe_name import ProbeName
from ..text.tables import probe_sentence
from .edge import edge
from .measured import measured
from .tally import FAILED, NOT_PROBED, OK, Record, probe_state, tally

VERSION = 1  # of the shape of the report
CONTROLLER = "controller"  # the group of a source that is not in the inventory
Explanations = t.Mapping[str, t.Union[str, t.Sequence[str]]]


def verification_report(
    topology: Topology,
    results: t.Iterable[t.Mapping[str, t.Any]],
    sources: t.Sequence[str],
    generated_at: str,
    *,
    explanations: Explanations | None = None,
    problems: t.Iterable[str] = (),
    unjudged: t.Iterable[str] = (),
    service: t.Mapping[str, t.Any] | None = None,
    project: t.Mapping[str, t.Any] | None = None,
    balancers: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
) -> Record:
    """Return the report; the filter of this name documents what comes back, key by key.

    results are those of probes, and sources the hosts that had to probe. A source that is not in
    the inventory is the controller. explanations have lines by the name of a probe. problems are
    sentences about what else is not as it should be, unjudged about what was not judged. service
    says how the application answered, project what the audit of the cloud's project found, and
    balancers what is known of each load balancer, as edge() takes it.
    """
    hosts = _hosts(topology, sources)
    groups = _groups(topology, hosts)
    probes = _probes(topology, hosts, groups, _with_missing(topology, hosts, results, sources))
    failures = [_failure(p, explanations or {}) for p in probes if probe_state(p) == FAILED]
    others = _others(problems, failures)
    return {
        **{"version": VERSION, "generated_at": generated_at, "summary": _summary(probes, others)},
        **measured(topology, hosts, groups, probes),
        **{"failures": failures, "problems": others, "unjudged": list(unjudged)},
        **{"service": dict(service or {}), "project": dict(project or {})},
        **{"edge": edge(balancers or {})},
    }


def _hosts(topology: Topology, sources: t.Iterable[str]) -> dict[str, Host]:
    """Return the hosts of the inventory, then the controller if it is among the sources."""
    outsiders = [name for name in sources if name not in topology.hosts]
    controllers = {name: Host(name, None, "", groups=(CONTROLLER,)) for name in outsiders}
    return {**topology.hosts, **controllers}


def _groups(topology: Topology, hosts: dict[str, Host]) -> dict[str, str]:
    """Return the group by which the report names each host, such as {"web1": "webapp"}.

    It is the group that flows name ("a + b" if they name several), else the host's first group.
    """
    in_flows = {name for flow in topology.flows for name in (flow.source, flow.target)}
    groups = {}
    for name, host in hosts.items():
        named = [group for group in host.groups if group in in_flows | {CLIENTS}]
        groups[name] = " + ".join(named or host.groups[:1]) or "hosts"
    return groups


def _with_missing(
    topology: Topology, hosts: dict[str, Host], results: t.Iterable, sources: t.Sequence[str]
) -> t.Iterator[Record]:
    """Yield the results, and for each source without any what it should have probed."""
    probed = set()
    for result in results:
        probed.add(ProbeName.parse(result["name"]).source)
        yield dict(result)
    for name in sources:
        if name not in probed:
            for target in probe_targets(topology, hosts[name]):
                yield {**target, "state": NOT_PROBED, "latency_ms": None, "detail": "", "ok": None}


def _probes(
    topology: Topology, hosts: dict[str, Host], groups: dict[str, str], results: t.Iterable[Record]
) -> list[Record]:
    """Return the results with their source, target and flow.

    What is open without a flow gets one in words: "webapp -> mysql:3306 (mysql), not declared".
    """
    probes = []
    for result in results:
        name = ProbeName.parse(result["name"])
        source, target = name.source, name.target
        flow = ""
        if result["expect"] == "open":
            flow = str(topology.admits(hosts[source], hosts[target], result["port"]))
        elif result["ok"] is False:
            ends = f"{groups[source]} -> {groups[target]}:{result['port']}"
            flow = f"{ends} ({result['protocol']}), not declared"
        probes.append({**result, "source": source, "target": target, "flow": flow})
    return probes


def _failure(probe: Record, explanations: Explanations) -> Record:
    explanation = explanations.get(probe["name"]) or ()
    if isinstance(explanation, str):
        explanation = explanation.splitlines()
    keys = ("name", "source", "target", "port", "protocol", "expect", "state", "detail", "flow")
    return {
        **{key: probe[key] for key in keys},
        "sentence": probe_sentence(probe),
        "explanation": [str(line) for line in explanation],
    }


def _others(problems: t.Iterable[str], failures: list[Record]) -> list[str]:
    """Return the problems that are not told as a failure of a probe."""
    told = {failure["sentence"] for failure in failures}
    return [problem for problem in problems if problem not in told]


def _summary(probes: list[Record], problems: list[str]) -> Record:
    """Return the tally of all probes, and how many of those to be open and closed are so."""
    summary = tally(probes)
    if problems and summary["state"] == OK:
        summary["state"] = FAILED
    for expect in ("open", "closed"):
        own = [probe for probe in probes if probe["expect"] == expect]
        summary[expect] = {"total": len(own), "ok": sum(probe["ok"] is True for probe in own)}
    return summary
