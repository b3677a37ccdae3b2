# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put all that verify found into one plain value, to be kept and to be drawn.

No Ansible, no I/O.
"""

from __future__ import annotations

import typing as t

from ....module_utils._topology.model import Topology
from ....module_utils._topology.values import CLIENTS, Host
from ..._derive.flows import probe_targets
from ..._derive.probe_name import ProbeName
from ..text.tables import probe_sentence
from .measured import measured
from .tally import FAILED, NOT_PROBED, OK, Record, tally, verdict

VERSION = 1  # of the shape of the report
CONTROLLER = "controller"
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
) -> Record:
    """Return the report; results are those of probes, sources the hosts that had to probe.

    explanations hold lines by the name of a probe, problems are sentences about anything that
    is not as it should be, unjudged such about what was not judged, service says how the
    application answered, project what the audit of the cloud's project found. Names that are not
    in the inventory stand for the controller.
    """
    strangers = {name: Host(name, None, "", groups=(CONTROLLER,)) for name in sources}
    hosts = {**topology.hosts, **strangers, **topology.hosts}
    names = _groups(topology, hosts)
    probes = _records(topology, hosts, names, _complete(topology, hosts, results, sources))
    failures = [_failure(p, explanations or {}) for p in probes if verdict(p) == FAILED]
    others = [text for text in problems if text not in {each["sentence"] for each in failures}]
    return {
        **{"version": VERSION, "generated_at": generated_at},
        "summary": _summary(probes, others),
        **measured(topology, hosts, names, probes),
        **{"failures": failures, "problems": others, "unjudged": list(unjudged)},
        **{"service": dict(service or {}), "project": dict(project or {})},
    }


def _groups(topology: Topology, hosts: dict[str, Host]) -> dict[str, str]:
    """Return what to call each host's kind: its groups that flows name, else the first it has."""
    named = {name for flow in topology.flows for name in (flow.source, flow.target)} | {CLIENTS}
    found = {}
    for name, host in hosts.items():
        own = [group for group in host.groups if group in named] or host.groups[:1]
        found[name] = " + ".join(own) or "hosts"
    return found


def _complete(
    topology: Topology, hosts: dict[str, Host], results: t.Iterable, sources: t.Sequence[str]
) -> t.Iterator[Record]:
    """Yield the results, and what the sources without any should have probed."""
    probed = set()
    for result in results:
        probed.add(ProbeName.parse(result["name"]).source)
        yield dict(result)
    for name in sources:
        if name not in probed:
            for target in probe_targets(topology, hosts[name]):
                yield {**target, "state": NOT_PROBED, "latency_ms": None, "detail": "", "ok": None}


def _records(
    topology: Topology, hosts: dict[str, Host], names: dict[str, str], results: t.Iterable[Record]
) -> list[Record]:
    found = []
    for result in results:
        name = ProbeName.parse(result["name"])
        source, target = name.source, name.target
        words = ""
        if result["expect"] == "open":
            words = str(topology.admits(hosts[source], hosts[target], result["port"]))
        elif result["ok"] is False:
            ends = f"{names[source]} -> {names[target]}:{result['port']}"
            words = f"{ends} ({result['protocol']}), not declared"
        found.append({**result, "source": source, "target": target, "flow": words})
    return found


def _failure(probe: Record, explanations: Explanations) -> Record:
    why = explanations.get(probe["name"]) or ()
    lines = why.splitlines() if isinstance(why, str) else [str(line) for line in why]
    keys = ("name", "source", "target", "port", "protocol", "expect", "state", "detail", "flow")
    found = {key: probe[key] for key in keys}
    return {**found, "sentence": probe_sentence(probe), "explanation": lines}


def _summary(probes: list[Record], others: list[str]) -> Record:
    """Count all, and what had to be open and what closed, and how much of it was."""
    found = tally(probes)
    if others and found["state"] == OK:
        found["state"] = FAILED
    for expect in ("open", "closed"):
        own = [probe for probe in probes if probe["expect"] == expect]
        found[expect] = {"total": len(own), "ok": sum(probe["ok"] is True for probe in own)}
    return found
