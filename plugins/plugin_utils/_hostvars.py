# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read variables of hosts from Ansible's `hostvars`. No other file does.

Ansible puts all variables of a host together each time that `hostvars` is asked for the host, and
templates a variable each time that it is read. So the functions here ask for each host once and
read each variable once.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from jinja2.exceptions import UndefinedError

from ..module_utils._values.entries import is_list, listing

VariablesByHost = dict[str, dict[str, t.Any]]
Names = t.Mapping[str, t.Sequence[str]]  # names of variables, by host or by group

# All that is shown of the error of a secret. Ansible's text may hold the secret itself. No template
# begins here, as ansible-core 2.18 evaluates a message once more when a playbook shows it.
UNDEFINED = re.compile(r"('[A-Za-z_]\w*' is undefined)(\. \1)?")
UNREADABLE = (
    "cannot be evaluated, and the reason is not shown, as it may hold a secret; if a password has"
    " { before {, % or #, write !unsafe before its text or read it with a lookup"
)


class CachedHostVars:
    """Ansible's `hostvars`, asked for each host once, however many functions read it."""

    def __init__(self, hostvars: t.Any) -> None:
        self._hostvars = hostvars
        self._known: dict[str, t.Any] = {}

    def get(self, host: str) -> t.Any:
        """Return the variables of a host; a host that is not in the inventory has none."""
        if host not in self._known:
            self._known[host] = self._hostvars.get(host) or {}
        return self._known[host]


def read_variables(
    hostvars: t.Any, names: Names, secrets: t.Container[str] = (), undefined: bool = True
) -> tuple[VariablesByHost, list[str]]:
    """Return variables by host, as Python's own types, and a problem for each that has an error.

    names: by host; a variable that is not set is None. secrets: names of those that may hold a
    secret; of their errors only the name of a variable that is not defined is shown. undefined:
    whether it is a problem at all if one is not defined, as it may be known on the host only.
    """
    variables: VariablesByHost = {}
    problems = []
    for host, own_names in names.items():
        own = hostvars.get(host) or {}
        variables[host] = {}
        for name in own_names:
            try:
                variables[host][name] = _plain(own.get(name))
            except (AnsibleError, UndefinedError) as exc:
                if undefined or not _is_undefined(exc):
                    told = _without_value(exc) if name in secrets else str(exc)
                    problems.append(f"host {host}: {name}: {told}")
    return variables, problems


def _is_undefined(exc: Exception) -> bool:
    """Tell whether nothing but something undefined is wrong.

    Ansible hands on any other error of a template as the cause of an UndefinedError.
    """
    return isinstance(exc.__cause__ or exc, (AnsibleUndefinedVariable, UndefinedError))


def _without_value(exc: Exception) -> str:
    """Return which variable is not defined, or what to do; nothing else of the error.

    A key that a mapping lacks, and a hint, are undefined too, with a value in the text.
    """
    found = UNDEFINED.fullmatch(str(exc)) if _is_undefined(exc) else None
    return found[1] if found else UNREADABLE


def _plain(value: t.Any) -> t.Any:
    """Return a value as Python's own types; Ansible's template an element when it is read."""
    if isinstance(value, t.Mapping):
        # A key that YAML has made a number or a truth stays one, and is refused where it is read.
        return {_plain(key): _plain(element) for key, element in value.items()}
    if is_list(value):
        return [_plain(element) for element in value]
    kept = (bool, int, float, datetime.date)  # a date is refused where text belongs
    return value if value is None or isinstance(value, kept) else str(value)


def registered(hostvars: t.Any, hosts: t.Iterable[str], *names: str) -> VariablesByHost:
    """Return what tasks registered under these names, by host; hosts without any are left out.

    hosts may name the controller, `localhost`.
    """
    by_host: VariablesByHost = {}
    for host in hosts:
        own = hostvars.get(host) or {}
        results = {name: own[name] for name in names if name in own}
        if results:
            by_host[host] = results
    return by_host


def missing_secrets(groups: t.Any, hostvars: t.Any, needed: Names) -> list[str]:
    """Return a problem for each secret that hosts lack, or that differs between groups.

    needed: the names of variables by group, such as {"mysql": ["mysql_root_password"]}. Several
    groups that need a variable share one secret, so all of their hosts need the same value. No
    value is part of a problem.
    """
    problems: list[str] = []
    values: dict[str, dict[str, set[str]]] = {}  # by name and group
    for group, names in needed.items():
        by_host = {host: names for host in groups.get(group, ())}
        variables, errors = read_variables(hostvars, by_host, names)
        problems += errors
        for name in names:
            texts = {host: str(own[name] or "") for host, own in variables.items() if name in own}
            without = [host for host, text in texts.items() if not text.strip()]
            if without:
                problems.append(f"{name}: is not set, or empty, for {listing(without)} ({group})")
            broken = [host for host, text in texts.items() if not text.isprintable()]
            if broken:
                text = "holds a line break or another control character"
                problems.append(f"{name}: {text}, for {listing(broken)} ({group})")
            values.setdefault(name, {})[group] = {text for text in texts.values() if text.strip()}
    for name, by_group in values.items():
        if len(by_group) > 1 and len(set().union(*by_group.values())) > 1:
            problems.append(f"{name}: is not the same for all hosts of {', '.join(by_group)}")
    return problems
