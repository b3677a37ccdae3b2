# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare the variables of roles with the roles' argument specs, before any host is asked.

Ansible would turn a number into text where a role takes text, so that 1.10 becomes "1.1".
"""

from __future__ import annotations

import datetime
import typing as t

from ...module_utils._values.entries import (
    KINDS,
    QUOTE_IT,
    is_list,
    line,
    misfit,
    one_of,
    read_mapping,
    text,
    typed,
    whole_number,
)
from .._edge.asked_ca import acme_problems
from .._edge.certificates import read_certificates
from .._hostvars import read_variables
from .._stack import StackGroups
from .formats import ENVIRONMENT_NAME, SETTING_NAME, check_format, fit, takes_numbers

MOST = 2**63 - 1
Spec = t.Mapping[str, t.Any]  # an option of an argument spec
OptionsOf = t.Callable[[str], t.Mapping[str, Spec]]  # the options of a role by its name

# Variables with values of any name, each of which becomes text as it is.
TEXTS = ("webapp_environment", "nginx_lb_extra", "nginx_lb_files", "nginx_lb_secrets")
# Variables that may hold a secret, besides those with an option that has no_log in its spec.
SECRETS = (*TEXTS, "nginx_lb_acme", "nginx_lb_health_account")
# What Ansible takes for a truth, in small letters.
TRUTHS = ("true", "false", "yes", "no", "on", "off", "1", "0", "y", "n", "t", "f", "1.0", "0.0")
# Variables of the inventory that playbooks hand to a role under another name.
OTHER_NAMES = {
    "mysql_databases": "peerlb_databases",
    "mysql_users": "peerlb_mysql_users",
    "valkey_users": "peerlb_valkey_users",
}


def wrong_variables(
    hostvars: t.Any, groups: t.Any, stack: StackGroups, options_of: OptionsOf
) -> list[str]:
    """Return a problem for each variable of a role that is not of the kind that the role takes.

    options_of: returns a role's options, as `_roles.py` does. A variable that needs one that is not
    defined is not judged, as its host may know that one. No value of a secret is shown.
    """
    specs = _specs(groups, stack, options_of)
    names = {host: list(own) for host, own in specs.items()}
    secrets = {
        name
        for own in specs.values()
        for name, spec in own.items()
        if spec.get("type") in ("list", "dict", "raw") or may_hold_secret(name, spec)
    }
    variables, unreadable = read_variables(hostvars, names, secrets, undefined=False)
    problems: dict[str, list[str]] = {}
    for host, own in variables.items():
        for name, value in own.items():
            if value is not None and (problem := _problem(name, value, specs[host][name])):
                problems.setdefault(problem, []).append(host)
    found = [f"host {hosts[0]}: {problem}" for problem, hosts in problems.items()]
    return unreadable + found + wrong_certificates(hostvars, groups.get(stack.balancer, ()))


def _specs(groups: t.Any, stack: StackGroups, options_of: OptionsOf) -> dict[str, dict[str, Spec]]:
    """Return the specs of the variables of each host, by host and name."""
    roles_of = {
        stack.balancer: ("docker", "firewall", "nginx_lb"),
        stack.application: ("docker", "firewall", "webapp"),
        stack.database: ("docker", "firewall", "mysql"),
        stack.store: ("docker", "firewall", "valkey"),
    }
    specs: dict[str, dict[str, Spec]] = {}
    for group, roles in roles_of.items():
        for host in groups.get(group, ()):
            for role in roles:
                own = options_of(role)
                specs.setdefault(host, {}).update(
                    {OTHER_NAMES.get(name, name): spec for name, spec in own.items()}
                )
    return specs


def wrong_certificates(hostvars: t.Any, hosts: t.Iterable[str]) -> list[str]:
    """Return what is wrong with the certificates that load balancers declare, without any key."""
    names = ("peerlb_certificates", "peerlb_acme", "nginx_lb_acme")
    variables, problems = read_variables(hostvars, dict.fromkeys(hosts, names), secrets=names)
    for own in variables.values():
        declared, acme = own.get("peerlb_certificates"), own.get("nginx_lb_acme")
        declared = [] if declared is None else declared
        acme = own.get("peerlb_acme") if acme is None else acme
        try:
            read_certificates(declared)
        except ValueError as exc:
            problems += str(exc).splitlines()
        problems += acme_problems({} if acme is None else acme, declared)
    return problems


def _problem(name: str, value: t.Any, spec: Spec) -> str:
    try:
        if name == "mysql_config":
            _mysql_config(name, value)
        else:
            check(name, value, spec, may_hold_secret(name, spec))
        for key, each in value.items() if name in TEXTS else ():
            text(f"{name}: {key}", each, secret=True)
        for key in value if name == "webapp_environment" else ():
            fit(f"{name}: the name", key, ENVIRONMENT_NAME)
    except ValueError as exc:
        return str(exc)
    return ""


def may_hold_secret(name: str, spec: Spec) -> bool:
    """Tell whether a variable, or an option below it, is a secret."""
    below: t.Mapping[str, Spec] = spec.get("options") or {}
    own = name in SECRETS or bool(spec.get("no_log"))
    return own or any(may_hold_secret(key, each) for key, each in below.items())


def check(name: str, value: t.Any, spec: Spec, secret: bool = False) -> None:
    """Raise a ValueError that begins with the name if a value is not as its spec says.

    Text of digits is a number too. A number stands for text only where a size or a time is meant,
    as YAML takes 010 for 8, 1.10 for 1.1 and 12:30 for 750. secret: show no value.
    """
    kind = spec.get("type", "str")
    if kind in ("str", "path"):
        if not (takes_numbers(name) and isinstance(value, int) and not isinstance(value, bool)):
            text(name, value, secret)
    elif kind == "bool" and str(value).lower() not in TRUTHS:
        raise misfit(name, value, KINDS[bool], secret)
    elif kind == "int":
        whole_number(name, value, 0, MOST, secret)
    elif kind == "list":
        for number, each in enumerate(typed(name, value, list, secret)):
            own = {"type": spec.get("elements", "raw"), "options": spec.get("options")}
            check(f"{name}[{number}]", each, own, secret)
    elif kind == "dict":
        _mapping(name, typed(name, value, dict, secret), spec.get("options"), secret)
    if "choices" in spec:
        one_of(name, value, spec["choices"], secret)
    check_format(name, value, secret)


def _mapping(
    name: str, value: t.Mapping, options: t.Mapping[str, Spec] | None, secret: bool
) -> None:
    for key in value:
        text(f"{name}: the name", key)
    if not options:
        return
    required = [key for key, spec in options.items() if spec.get("required")]
    try:
        given = read_mapping(value, required, list(options))
    except ValueError as exc:
        raise ValueError(f"{name}: {exc}") from None
    for key, each in given.items():
        if each is not None:
            check(f"{name}: {key}", each, options[key], secret)


def _mysql_config(name: str, value: t.Any) -> None:
    """Refuse what my.cnf would not hold as it was written; numbers, ON, OFF and null are right."""
    for key, each in typed(name, value, dict).items():
        fit(f"{name}: the name", text(f"{name}: the name", key), SETTING_NAME)
        for item in each if is_list(each) else [each]:
            if isinstance(item, (float, datetime.date)):
                raise ValueError(f"{name}: {key} is {item}; {QUOTE_IT}")
            if item is not None and not isinstance(item, (str, int)):
                raise misfit(f"{name}: {key}", item, "text, a number, true, false or null")
            line(f"{name}: {key}", str(item))
