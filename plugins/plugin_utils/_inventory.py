# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the declaration and what it needs of the hosts' variables. The only file that asks hostvars.

Ansible assembles all variables of a host each time that `hostvars` is asked for the host, and
templates a variable each time that the variable is asked for. So each host and each variable is
asked for once in a pass.
"""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t
from dataclasses import dataclass, field

from ansible.errors import AnsibleError, AnsibleFilterError, AnsibleUndefinedVariable

from ..module_utils._nginx.checks import PoolError
from ..module_utils._topology.declaration import read_topology
from ..module_utils._topology.model import Topology
from ..module_utils._topology.plain import from_plain, to_plain
from ..module_utils._topology.values import TopologyError
from ..module_utils._values.entries import is_list, listing

MARK = "peerlb.stack model "  # how the text of a model begins
KEYS = ("ansible_host", "peerlb_addresses", "peerlb_public_address", "peerlb_zone", "peerlb_member")

Values = dict[str, dict[str, t.Any]]  # variables by host
Keys = t.Mapping[str, t.Sequence[str]]  # names of variables by group


@dataclass(frozen=True)
class Declared:
    """The declaration as a model, and by host the variables that belong to it."""

    topology: Topology
    values: Values = field(default_factory=dict)

    @property
    def members(self) -> dict[str, t.Any]:
        """Each host's `peerlb_member`: its settings as a member of a pool."""
        return {name: own.get("peerlb_member") for name, own in self.values.items()}

    def first(self, group: str, key: str, default: t.Any) -> t.Any:
        """Return a variable of the first host of a group that has it."""
        for host in self.topology.members(group):
            if self.values.get(host.name, {}).get(key) is not None:
                return self.values[host.name][key]
        return default

    def as_text(self) -> str:
        """Return all of it as one text.

        Ansible would look into each element of a mapping whenever the variable is used.
        """
        values = {
            name: {key: value for key, value in own.items() if value is not None}
            for name, own in self.values.items()
        }
        return MARK + json.dumps({"topology": to_plain(self.topology), "values": values})

    @classmethod
    def from_text(cls, text: str) -> Declared:
        """Return what `as_text` was called on."""
        plain = json.loads(text.removeprefix(MARK))
        return cls(from_plain(plain["topology"]), plain["values"])


def read_declared(
    declaration: t.Any, groups: t.Any, hostvars: t.Any, keys: Keys | None = None
) -> Declared:
    """Evaluate the declaration; see `read_topology`.

    keys: what else to read of the hosts of a group, such as {"nginx_lb": ["peerlb_pools"]}.
    A TopologyError names every entry and every variable at fault at once.
    """
    wanted = {host: list(KEYS) for host in groups.get("all", ())}
    for group, names in (keys or {}).items():
        for host in groups.get(group, ()):
            wanted[host] += names
    values, problems = _read(hostvars, wanted)
    if problems:
        raise TopologyError(problems)
    return Declared(read_topology(declaration, groups, values), values)


def declared(
    source: t.Any, groups: t.Any = None, hostvars: t.Any = None, keys: Keys | None = None
) -> Declared:
    """Return the declaration from the text `model` of the filter `derived`, else evaluate it."""
    if isinstance(source, str) and source.startswith(MARK):
        return Declared.from_text(source)
    if hostvars is None:
        raise TopologyError(
            ["topology: hand over groups and hostvars too, or the model of peerlb.stack.derived"]
        )
    return read_declared(source, groups, hostvars, keys)


@contextlib.contextmanager
def errors_for_ansible() -> t.Iterator[None]:
    """Turn the errors of the model and of pools into the error that Ansible shows for a filter."""
    try:
        yield
    except (TopologyError, PoolError) as exc:
        raise AnsibleFilterError(str(exc)) from exc


def from_declaration(function: t.Callable) -> t.Callable:
    """Make a filter of a function that takes a Declared.

    The filter is used as `topology | name(groups, hostvars, ...)`, which evaluates the declaration,
    or as `__derived['model'] | name(...)`, which looks it up.
    """

    @functools.wraps(function)
    def wrapper(
        source: t.Any, /, groups: t.Any = None, hostvars: t.Any = None, **options: t.Any
    ) -> t.Any:
        with errors_for_ansible():
            return function(declared(source, groups, hostvars), **options)

    return wrapper


class AskedOnce:
    """Ansible's `hostvars`, of which each host is asked for once."""

    def __init__(self, hostvars: t.Any) -> None:
        self._hostvars = hostvars
        self._known: dict[str, t.Any] = {}

    def get(self, host: str) -> t.Any:
        """Return the variables of a host; a host that is not in the inventory has none."""
        if host not in self._known:
            self._known[host] = self._hostvars.get(host) or {}
        return self._known[host]


def registered(hostvars: t.Any, hosts: t.Iterable[str], *names: str) -> Values:
    """Return what tasks registered under these names, by host; hosts without any are left out.

    hosts may name the controller, `localhost`.
    """
    found: Values = {}
    for host in hosts:
        own = hostvars.get(host) or {}
        results = {name: own[name] for name in names if name in own}
        if results:
            found[host] = results
    return found


def missing_secrets(groups: t.Any, hostvars: t.Any, needed: Keys) -> list[str]:
    """Return a sentence for each variable that hosts lack; needed has names of variables by group.

    No value is part of a sentence. A variable that several groups need is one secret that they
    share, so it has to be the same for all of their hosts.
    """
    problems: list[str] = []
    found: dict[str, dict[str, set[str]]] = {}
    for group, names in needed.items():
        values, failed = _read(
            hostvars, {host: names for host in groups.get(group, ())}, secret=True
        )
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


def _read(hostvars: t.Any, wanted: Keys, secret: bool = False) -> tuple[Values, list[str]]:
    """Return the wanted variables by host, and a sentence for each that could not be templated."""
    found: Values = {}
    problems = []
    for host, keys in wanted.items():
        own = hostvars.get(host) or {}
        found[host] = {}
        for key in keys:
            try:
                found[host][key] = _plain(own.get(key))
            except AnsibleError as exc:
                # Only the text about a name that is not defined is sure to hold no secret.
                shown = not secret or isinstance(exc, AnsibleUndefinedVariable)
                problems.append(f"host {host}: {key}: {exc if shown else type(exc).__name__}")
    return found, problems


def _plain(value: t.Any) -> t.Any:
    """Return a variable as Python's own types; Ansible's templates an element when it is read."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if is_list(value):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
