# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what the model needs of Ansible's hostvars."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ..module_utils._topology.declaration import read_topology
from ..module_utils._topology.model import Topology
from ..module_utils._topology.values import TopologyError
from ..module_utils._values.entries import listing

KEYS = ("ansible_host", "peerlb_addresses", "peerlb_public_address", "peerlb_zone", "peerlb_member")

Values = dict[str, dict[str, t.Any]]


def model(declaration: t.Any, groups: t.Any, hostvars: t.Any) -> tuple[Topology, Values]:
    """Return the model, and by host the variables that it was made from; see read_topology."""
    values, problems = _read(hostvars, groups.get("all", ()), KEYS)
    if problems:
        raise TopologyError(problems)
    return read_topology(declaration, groups, values), values


def missing_secrets(groups: t.Any, hostvars: t.Any, needed: t.Mapping) -> list[str]:
    """Name the variables that hosts lack; needed has lists of names by group.

    No value is part of a message. A variable that several groups need is one secret between
    them, so it has to be the same.
    """
    problems: list[str] = []
    found: dict[str, dict[str, set[str]]] = {}
    for group, names in needed.items():
        values, failed = _read(hostvars, groups.get(group, ()), names, secret=True)
        problems += failed
        for name in names:
            texts = {host: str(own[name] or "") for host, own in values.items() if name in own}
            without = [host for host, text in texts.items() if not text.strip()]
            if without:
                problems.append(f"{name}: is not set, or empty, for {listing(without)} ({group})")
            found.setdefault(name, {})[group] = {text for text in texts.values() if text.strip()}
    for name, by_group in found.items():
        if len(by_group) > 1 and len(set().union(*by_group.values())) > 1:
            problems.append(f"{name}: is not the same for all hosts of {', '.join(by_group)}")
    return problems


def _read(
    hostvars: t.Any, names: t.Iterable[str], keys: t.Iterable[str], secret: bool = False
) -> tuple[Values, list[str]]:
    """Return these variables of these hosts, and what could not be templated.

    Ansible templates a variable whenever it is asked for: so each is asked for once.
    """
    found: Values = {}
    problems = []
    for host in names:
        own = hostvars.get(host) or {}
        found[host] = {}
        for key in keys:
            try:
                found[host][key] = own.get(key)
            except AnsibleError as exc:
                # Only the text about a name that is not defined is sure to hold no secret.
                shown = not secret or isinstance(exc, AnsibleUndefinedVariable)
                problems.append(f"host {host}: {key}: {exc if shown else type(exc).__name__}")
    return found, problems
