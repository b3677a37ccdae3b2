# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What filters read of Ansible's inventory: the declaration as a model, and variables of hosts."""

from __future__ import annotations

import contextlib
import functools
import json
import typing as t
from dataclasses import dataclass, field

from ansible.errors import AnsibleFilterError

from ..module_utils._nginx.checks import PoolError
from ..module_utils._topology.declaration import read_topology
from ..module_utils._topology.hosts import wrong_names
from ..module_utils._topology.model import Topology
from ..module_utils._topology.plain import from_plain, to_plain
from ..module_utils._topology.values import TopologyError
from ..module_utils._values.entries import is_list, listing, text, whole_number
from ._hostvars import Names, VariablesByHost, read_variables

ZONE = "zone_"  # how groups of inventories/gcp begin that are named after a zone
MARK = "peerlb.stack model "  # how the text of an inventory begins
# The variables that are read of each host.
OF_ALL = (
    "ansible_host",
    "peerlb_addresses",
    "peerlb_public_address",
    "peerlb_zone",
    "peerlb_member",
)
# Of entries with secrets in them, the keys that are read. What is read goes into a fact.
PUBLIC_KEYS = {"peerlb_certificates": ("name", "names", "source")}
# Variables that may hold a secret, so that their errors are not shown.
SECRETS = (*PUBLIC_KEYS, "docker_daemon_config", "mysql_config")

# Variables of the inventory in whose place the playbooks take the role's own, where one is set.
ROLES_OWN = {
    f"peerlb_{name}": f"nginx_lb_{name}" for name in ("tls", "url_map", "gatekeeper", "waf")
}


@dataclass(frozen=True)
class Inventory:
    """The declaration as a model, and the variables that were read with it, by host."""

    topology: Topology
    variables: VariablesByHost = field(default_factory=dict)

    @property
    def member_settings(self) -> dict[str, t.Any]:
        """Each host's settings as a member of a pool, `peerlb_member`, by host."""
        return {host: own.get("peerlb_member") for host, own in self.variables.items()}

    def first(self, group: str, name: str, default: t.Any) -> t.Any:
        """Return a variable of the first host of a group for which it is set."""
        for host in self.topology.members(group):
            value = self.variables.get(host.name, {}).get(name)
            if value is not None:
                return value
        return default

    def placed(self, groups: t.Mapping[str, t.Sequence[str]]) -> dict[str, list[str]]:
        """Return the groups without the hosts that the model has left out."""
        known = self.topology.hosts
        return {name: [host for host in own if host in known] for name, own in groups.items()}

    def as_text(self) -> str:
        """Return the whole inventory as one text, which `from_text` reads.

        A mapping would cost more, as Ansible looks into each element of it on every use.
        """
        variables = {
            host: {name: value for name, value in own.items() if value is not None}
            for host, own in self.variables.items()
        }
        plain = {"topology": to_plain(self.topology), "variables": variables}
        return MARK + json.dumps(plain, default=str)

    @classmethod
    def from_text(cls, text: str) -> Inventory:
        """Return the inventory that `as_text` wrote; variables that were None are not in it."""
        plain = json.loads(text.removeprefix(MARK))
        return cls(from_plain(plain["topology"]), plain["variables"])


def read_inventory(
    declaration: t.Any,
    groups: t.Any,
    hostvars: t.Any,
    names: Names | None = None,
    only: t.Sequence[str] | None = None,
) -> Inventory:
    """Evaluate the declaration, and return it with the hosts' variables.

    names: what to read besides of the hosts of a group, such as {"nginx_lb": ["peerlb_pools"]}; a
    variable of ROLES_OWN has the value of the role's own where that one is set.
    only: the hosts whose problems count. Others with a problem are left out.
    Raises a TopologyError that names every entry, or every variable, at fault at once.
    """
    by_host = _names_by_host(groups, names or {})
    variables, problems = read_variables(hostvars, by_host, secrets=SECRETS)
    if only is not None:
        counting = tuple(f"host {host}: " for host in only)
        problems = [each for each in problems if each.startswith(counting)]
    problems += _merged_vms(groups, variables)
    if declaration is None:
        problems += _declared_elsewhere(hostvars, by_host)
    if problems:
        raise TopologyError(problems)
    topology = read_topology(declaration, groups, variables, only)
    problems = wrong_names(topology.hosts)
    if problems:
        raise TopologyError(problems)
    return Inventory(
        topology, {host: _without_secrets(_chosen(own)) for host, own in variables.items()}
    )


def _names_by_host(groups: t.Any, names: Names) -> dict[str, list[str]]:
    """Return the names of the variables to read of each host."""
    by_host = {host: list(OF_ALL) for host in groups.get("all", ())}
    for group, of_group in names.items():
        own = [ROLES_OWN[name] for name in of_group if name in ROLES_OWN]
        for host in groups.get(group, ()):
            by_host.setdefault(host, list(OF_ALL)).extend((*of_group, *own))
    return by_host


def _chosen(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the variables of a host with those of the role in their places."""
    found = {name: value for name, value in variables.items() if name not in ROLES_OWN.values()}
    for name, own in ROLES_OWN.items():
        if variables.get(own) is not None:
            found[name] = variables[own]
    return found


def _without_secrets(variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the variables of a host, and of entries with secrets the public keys alone."""
    found = dict(variables)
    for name, keys in PUBLIC_KEYS.items():
        if found.get(name) is not None:
            entries = found[name] if is_list(found[name]) else []
            known = [entry for entry in entries if isinstance(entry, t.Mapping)]
            found[name] = [{key: entry[key] for key in keys if key in entry} for entry in known]
    return found


def _merged_vms(groups: t.Any, variables: VariablesByHost) -> list[str]:
    """Return a problem for each host that a cloud's inventory has made of VMs of several zones."""
    zones: dict[str, list[str]] = {}
    for group in sorted(groups):
        for host in groups[group] if group.startswith(ZONE) else ():
            # A zone's name has no underscore: Ansible has put it in place of each hyphen.
            zones.setdefault(host, []).append(group.removeprefix(ZONE).replace("_", "-"))
    return [
        f"host {host}: VMs in the zones {listing(own)} have this name, and the inventory has made"
        " one host of them; rename the others"
        for host, own in zones.items()
        if len(own) > 1 and variables.get(host, {}).get("peerlb_zone") in own
    ]


def _declared_elsewhere(hostvars: t.Any, hosts: t.Iterable[str]) -> list[str]:
    """Return a problem if hosts have the declaration, and the controller has none.

    A declaration that cannot be evaluated comes as none, and hosts tell why, each the same.
    """
    variables, errors = read_variables(hostvars, dict.fromkeys(hosts, ("topology",)))
    if errors:
        return errors[:1]
    have = [host for host, own in variables.items() if own["topology"] is not None]
    text = "topology: is declared for some hosts and not for all; it belongs in group_vars/all"
    return [f"{text} ({listing(have)} have it)"] if have else []


def load_inventory(source: t.Any, groups: t.Any = None, hostvars: t.Any = None) -> Inventory:
    """Return the inventory that the input of a filter means.

    source: the text `model` of the filter derived, or a declaration, which is evaluated. Raises a
    TopologyError as `read_inventory` does, and if a declaration comes without hostvars.
    """
    if isinstance(source, str) and source.startswith(MARK):
        return Inventory.from_text(source)
    if hostvars is None:
        raise TopologyError(
            ["topology: hand over groups and hostvars too, or the model of peerlb.stack.derived"]
        )
    return read_inventory(source, groups, hostvars)


@contextlib.contextmanager
def errors_for_ansible() -> t.Iterator[None]:
    """Turn a TopologyError or PoolError into the error that Ansible shows for a filter."""
    try:
        yield
    except (TopologyError, PoolError) as exc:
        raise AnsibleFilterError(str(exc)) from exc


def _check_options(function: t.Callable, options: t.Mapping[str, t.Any]) -> None:
    """Raise a TopologyError if an option of a filter is not of the kind that its function names."""
    for name, value in options.items():
        kind = function.__annotations__.get(name)
        try:
            if kind == "str":
                text(name, value)
            elif kind == "int":
                whole_number(name, value, 0, 65535)
        except ValueError as exc:
            raise TopologyError([str(exc)]) from None


def from_declaration(function: t.Callable) -> t.Callable:
    """Make a filter of a function that takes an Inventory and options.

    The filter is used as `topology | name(groups, hostvars, option=...)`, which evaluates the
    declaration, or as `__derived['model'] | name(option=...)`, which does not.
    """

    @functools.wraps(function)
    def wrapper(
        source: t.Any, /, groups: t.Any = None, hostvars: t.Any = None, **options: t.Any
    ) -> t.Any:
        with errors_for_ansible():
            _check_options(function, options)
            return function(load_inventory(source, groups, hostvars), **options)

    return wrapper
