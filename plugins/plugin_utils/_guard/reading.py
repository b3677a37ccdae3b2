# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a gatekeeper, and name all that is wrong with it at once. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from collections import defaultdict

from ...module_utils._values.entries import is_list, misfit, shown, unknown_keys
from ...module_utils._values.ranges import Span
from . import fields
from .coverage import never_reached
from .rules import RuleReader
from .sources import read_ranges, read_text
from .values import DEFAULT, Gatekeeper, GatekeeperError, Rule

KEYS = ("lists", "rules", "default")
LIST = ("ranges", "file")
DEFAULT_ACTIONS = ("allow", "deny")


def files_of(value: t.Any) -> list[str]:
    """Return the files that the lists of a gatekeeper name, for whoever reads them."""
    lists = value.get("lists") if isinstance(value, t.Mapping) else None
    entries = lists.values() if isinstance(lists, t.Mapping) else ()
    named = (each.get("file") for each in entries if isinstance(each, t.Mapping))
    return sorted({each for each in named if isinstance(each, str) and each})


def read_gatekeeper(
    value: t.Any, place: str = "peerlb_gatekeeper", files: t.Mapping[str, str] | None = None
) -> Gatekeeper:
    """Return the gatekeeper that somebody wrote; files holds the text of each of files_of().

    A GatekeeperError has a line for each fault, such as "peerlb_gatekeeper.rules[2] office: status
    is '500', not one of 403, 404, 429, close".
    """
    faults: list[str] = []
    if not isinstance(value, t.Mapping):
        raise GatekeeperError(f"{place} {misfit('', value, 'a mapping with rules')}")
    faults += [f"{place}: {each}" for each in unknown_keys(value, KEYS)]
    lists = _lists(value.get("lists"), f"{place}.lists", files or {}, faults)
    rules = _rules(value.get("rules"), f"{place}.rules", lists, faults)
    default = _default(value.get("default"), f"{place}.default", faults)
    ordered = tuple(sorted(rules, key=_priority_of))
    gatekeeper = Gatekeeper(lists, ordered, default, _from_files(value.get("lists")))
    if not faults:
        faults += _faults_together(gatekeeper, place)
    if faults:
        raise GatekeeperError("\n".join(faults))
    return gatekeeper


def _priority_of(rule: Rule) -> int:
    return rule.priority


def _lists(
    value: t.Any, place: str, files: t.Mapping[str, str], faults: list[str]
) -> dict[str, tuple[Span, ...]]:
    """Return every list by name; one that is wrong is empty, so that its name is known."""
    if value is not None and not isinstance(value, t.Mapping):
        faults.append(f"{place} {misfit('', value, 'a mapping of names to {ranges} or {file}')}")
    entries = value if isinstance(value, t.Mapping) else {}
    lists = {}
    for name, entry in entries.items():
        lists[str(name)], problems = _list(name, entry, files)
        faults += [f"{place}.{shown(name)}: {each}" for each in problems]
    return lists


def _from_files(value: t.Any) -> frozenset[str]:
    entries = value if isinstance(value, t.Mapping) else {}
    return frozenset(
        str(name)
        for name, entry in entries.items()
        if isinstance(entry, t.Mapping) and entry.get("file")
    )


def _list(
    name: t.Any, entry: t.Any, files: t.Mapping[str, str]
) -> tuple[tuple[Span, ...], list[str]]:
    try:
        fields.list_name("the name", name)
    except ValueError as exc:
        return (), [str(exc)]
    if not isinstance(entry, t.Mapping) or len([each for each in LIST if entry.get(each)]) != 1:
        return (), [str(misfit("", entry, "a mapping with either ranges or file"))]
    unknown = unknown_keys(entry, LIST)
    if unknown:
        return (), unknown
    if entry.get("ranges"):
        return read_ranges("ranges", entry["ranges"])
    path = str(entry["file"])
    if path not in files:
        return (), [f"file {shown(path)} cannot be read on the controller"]
    return read_text(shown(path), files[path])


def _rules(value: t.Any, place: str, lists: t.Collection[str], faults: list[str]) -> list[Rule]:
    if value is not None and not is_list(value):
        faults.append(f"{place} {misfit('', value, 'a list of rules')}")
        return []
    rules = []
    for number, entry in enumerate(value or ()):
        reader = RuleReader(entry, lists)
        rules.append(reader.rule())
        title = f"{place}[{number}] {rules[-1].name}".rstrip()
        faults += [f"{title}: {each}" for each in reader.faults]
    return rules


def _default(value: t.Any, place: str, faults: list[str]) -> Rule:
    reader = RuleReader({} if value is None else value, (), keys="action")
    decision = reader.decision(("action", "status", "preview"), DEFAULT_ACTIONS)
    if decision.get("action") == "allow":
        decision["preview"] = False  # it would do what is done anyway
    faults += [f"{place}: {each}" for each in reader.faults]
    return Rule(DEFAULT, 0, **decision)


def _faults_together(gatekeeper: Gatekeeper, place: str) -> list[str]:
    """Return what is wrong with rules that are each good."""
    faults = []
    for what, key in (("name", _name_of), ("priority", _priority_of)):
        by_value = defaultdict(list)
        for rule in gatekeeper.rules:
            by_value[key(rule)].append(rule.name)
        faults += [
            f"{place}.rules: {what} {value} is of {len(names)} rules ({', '.join(names)}); "
            "each rule needs its own"
            for value, names in by_value.items()
            if len(names) > 1
        ]
    faults += [
        f"{place}.rules {rule.name}: never decides, because {earlier.name} with priority "
        f"{earlier.priority} takes all that it matches; give it a lower number or remove it"
        for rule, earlier in never_reached(gatekeeper)
    ]
    return faults + _mixed_limits(gatekeeper, place)


def _mixed_limits(gatekeeper: Gatekeeper, place: str) -> list[str]:
    """Name previewed rates by a header beside enforced ones, which nobody can count."""
    limited = [rule for rule in gatekeeper.rules if rule.limit]
    if all(rule.preview for rule in limited):
        return []
    return [
        f"{place}.rules {rule.name}: preview with key {rule.limit.key} cannot be counted beside a "
        "rate that is enforced; preview it by key client, or without the other rate"
        for rule in limited
        if rule.preview and rule.limit and rule.limit.key not in ("client", "all")
    ]


def _name_of(rule: Rule) -> str:
    return rule.name
