# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands where something else belongs, the message is ours and names the key."""

from __future__ import annotations

import copy
import datetime
import re
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.peerlb.stack.plugins.filter.derived import derived
from ansible_collections.peerlb.stack.plugins.filter.proof import proof

WRONG = (
    [None, 5, 0, -1, "", [], {}, True, False, 1.5, float("nan"), float("inf"), 10**30]
    + ["x\ny", "１", "a\0b", "9" * 5000, "é" * 300, [None], [[]], [{}], {"a": None}, {1: 2}]
    + ["{{", '"; evil', datetime.date(2024, 1, 1)]
)
HOSTS = {
    "lb1": {"ansible_host": "10.0.0.2"},
    "web1": {"ansible_host": "10.1.0.2", "peerlb_zone": "a"},
    "web2": {"ansible_host": "10.1.0.3"},
    "db1": {"ansible_host": "10.2.0.2"},
}
GROUPS = {"all": list(HOSTS), "nginx_lb": ["lb1"], "webapp": ["web1", "web2"], "mysql": ["db1"]}
TOPOLOGY = {
    "networks": [
        {"name": "vpc-lb", "cidrs": ["10.0.0.0/24"]},
        {"name": "vpc-web", "cidrs": ["10.1.0.0/16"]},
        {"name": "vpc-db", "cidrs": ["10.2.0.0/16"]},
    ],
    "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
    "flows": [
        {"from": "any", "to": "nginx_lb", "port": 80, "protocol": "http"},
        {"from": "webapp", "to": "nginx_lb", "port": 3306, "protocol": "mysql"},
        {"from": "nginx_lb", "to": "webapp", "port": 3000, "protocol": "http"},
        {"from": "nginx_lb", "to": "mysql", "port": 3306, "protocol": "mysql"},
    ],
    "management": [{"from": "35.235.240.0/20", "port": 22}],
    "expected_hosts": {"webapp": ["web1", "web2"]},
}
POOL = {
    "name": "webapp",
    "method": "hash",
    "hash_key": "$remote_addr",
    "cookie": "member",
    "keepalive": 8,
    "connect_timeout": "1s",
    "read_timeout": "60s",
    "idle_timeout": "1h",
    "retry_on": ["error"],
}
LISTENER = {"port": 80, "pool": "webapp", "protocol": "http", "address": "10.0.0.2"}
MEMBER = {
    "weight": 1,
    "state": "up",
    "backup": False,
    "max_conns": 5,
    "max_fails": 1,
    "fail_timeout": "10s",
}
VARIABLES = {
    ("lb1", "peerlb_pools"): [POOL],
    ("lb1", "peerlb_listeners"): [LISTENER],
    ("web1", "peerlb_member"): MEMBER,
    ("web1", "peerlb_zone"): "a",
    ("web1", "peerlb_addresses"): ["10.1.0.2"],
    ("web1", "peerlb_public_address"): "203.0.113.5",
}
# A word of Python or of one of its libraries, or the class of a value.
RAW = re.compile(
    r"Traceback|Error\b|<class|object is not|object has no|has no attribute|argument of type"
    r"|_Ansible|Exceeds the limit|unhashable|unsupported|invalid literal|expected .* got"
    r"|cannot unpack|NoneType"
)
Path = tuple[t.Any, ...]


def places(value: t.Any, path: Path = ()) -> t.Iterator[Path]:
    """Yield the place of each value in a structure, and of the structure itself."""
    yield path
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, each in pairs:
        yield from places(each, (*path, key))


def replaced(structure: t.Any, path: Path, value: t.Any) -> t.Any:
    if not path:
        return value
    found = copy.deepcopy(structure)
    parent = found
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return found


def problems_of(topology: t.Any, variables: dict[tuple[str, str], t.Any]) -> list[str]:
    """Return what is said by both filters that evaluate a declaration with its settings."""
    hostvars = copy.deepcopy(HOSTS)
    for (host, name), value in variables.items():
        hostvars[host][name] = value
    said = list(proof(topology, GROUPS, hostvars)["problems"])
    try:
        derived(topology, GROUPS, hostvars, parts=["mysql", "webapp", "nginx_lb", "firewall"])
    except AnsibleFilterError as exc:
        said += str(exc).splitlines()
    return said


def named(path: Path, said: list[str], more: str) -> bool:
    """Tell whether a message names the key, the section and number, or the thing around it."""
    names = [str(key) for key in path if isinstance(key, str)] + [more]
    # The fault of an entry that has no key, or a key that the message says in another word.
    words = {
        "cidrs": "range",
        "from": "range",
        "address": "address",
        "name": "name",
        "port": "listener",
    }
    wanted = [names[-1], words.get(names[-1], names[-1]), *names[:1], more]
    return any(word.rstrip("s") in line for word in wanted if word for line in said)


CASES: list[tuple[str, Path, t.Any]] = [
    ("topology", path, wrong) for path in places(TOPOLOGY) for wrong in WRONG
] + [
    (f"{host} {name}", path, wrong)
    for (host, name), value in VARIABLES.items()
    for path in places(value)
    for wrong in WRONG
]


@pytest.mark.parametrize("what", ["topology", *(f"{host} {name}" for host, name in VARIABLES)])
def test_no_message_is_pythons(what: str) -> None:
    """Each wrong value either is taken, as None is where a default holds, or is refused by name."""
    refused, taken = 0, []
    for _what, path, wrong in (case for case in CASES if case[0] == what):
        topology, variables = TOPOLOGY, dict(VARIABLES)
        if what == "topology":
            topology = replaced(TOPOLOGY, path, wrong)
        else:
            host, name = what.split()
            variables[host, name] = replaced(VARIABLES[host, name], path, wrong)
        said = problems_of(topology, variables)
        assert not [line for line in said if RAW.search(line)], (path, wrong, said)
        assert all(line.isprintable() for line in said), (path, wrong, said)
        if said:
            refused += 1
            assert named(path, said, what.split()[-1].removeprefix("peerlb_")), (path, wrong, said)
        else:
            taken.append((path, wrong))
    assert refused > 2 * len(taken), taken


def test_what_is_right_is_taken() -> None:
    assert problems_of(TOPOLOGY, VARIABLES) == []
    assert len(CASES) >= 300
