# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses Docker takes for its own networks, and which it may take beside the declared.

A host sends what is for an address of docker0 or of a Compose network to its containers. A network
of the cloud with the same addresses is then out of reach.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import typing as t

from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import TopologyError
from ...module_utils._values.addresses import IPv4Network
from ...module_utils._values.entries import errors_at, is_list, misfit, read_mapping, whole_number

BIP, POOLS, FIXED = "bip", "default-address-pools", "fixed-cidr"  # settings of daemon.json
# Where a host's own variables, and those of daemon.json, name addresses that its engine talks to.
IN_USE = (
    *("docker_registry_mirrors", "docker_apt_repository", "nginx_lb_trusted_proxies"),
    *("nginx_lb_image", "webapp_image", "webapp_python_image", "mysql_image"),
)
IN_USE_OF_ENGINE = ("registry-mirrors", "insecure-registries", "dns", "proxies")
ADDRESS = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]{1,2}(?![0-9]))?(?![0-9.])")

# A range, and the prefix length of the networks that the engine makes of it.
Base = tuple[IPv4Network, int]
# The engine's own defaults, in its order. The first is that of docker0.
STANDARD: tuple[Base, ...] = (
    *((IPv4Network(f"172.{number}.0.0/16"), 16) for number in range(17, 32)),
    (IPv4Network("192.168.0.0/16"), 20),
)
# Where nothing of these is left: networks of 254 addresses, from the rear of other private ranges.
OTHERS: tuple[Base, ...] = (
    *((IPv4Network(f"10.{number}.0.0/16"), 24) for number in range(255, -1, -1)),
    *((IPv4Network(f"100.{number}.0.0/16"), 24) for number in range(127, 63, -1)),
)
Owners = t.Sequence[tuple[IPv4Network, str]]  # the ranges of a declaration, and what each is of


def declared_ranges(topology: Topology) -> Owners:
    """Return each range of the declaration with its owner: (10.0.0.0/16, "network vpc-lb").

    A range that holds every address is left out: Docker's networks are meant by nobody's 0.0.0.0/0.
    """
    found = [
        (cidr, f"network {network.name}")
        for network in topology.networks.values()
        for cidr in network.cidrs
    ]
    found += [(entry.source, f"management {entry}") for entry in topology.management]
    found += [
        (IPv4Network(flow.source), f"flow {flow}") for flow in topology.flows if "/" in flow.source
    ]
    return [(cidr, owner) for cidr, owner in found if cidr.prefixlen]


def written_ranges(declaration: t.Any) -> Owners:
    """Return the ranges of a declaration as it was written, which needs no host.

    What is not a range is passed over: `read_topology` refuses it.
    """
    sections = declaration if isinstance(declaration, t.Mapping) else {}
    entries = {name: sections.get(name) or () for name in ("networks", "management", "flows")}
    written = [
        text
        for each in (*entries["networks"], *entries["management"], *entries["flows"])
        if isinstance(each, t.Mapping)
        for text in (*(each.get("cidrs") or ()), each.get("from"))
        if "/" in str(text)
    ]
    found = []
    for text in written:
        with contextlib.suppress(ValueError):
            found.append((IPv4Network(str(text)), str(text)))
    return [(cidr, owner) for cidr, owner in found if cidr.prefixlen]


def used_ranges(variables: t.Any) -> Owners:
    """Return each address and range that a host's variables of IN_USE name, with the variable.

    {"docker_registry_mirrors": ["http://172.17.0.9:5000"]} gives [(172.17.0.9/32,
    "docker_registry_mirrors")]; addresses of `docker_daemon_config` are those of IN_USE_OF_ENGINE.
    """
    own = variables if isinstance(variables, t.Mapping) else {}
    config = own.get("docker_daemon_config")
    engine = config if isinstance(config, t.Mapping) else {}
    named = {key: own.get(key) for key in IN_USE} | {
        f"docker_daemon_config {key}": engine.get(key) for key in IN_USE_OF_ENGINE
    }
    found = []
    for key, value in named.items():
        for text in ADDRESS.findall(str(value)):
            with contextlib.suppress(ValueError):
                found.append((IPv4Network(text, strict=False), key))
    return [(cidr, owner) for cidr, owner in found if cidr.prefixlen and not cidr.is_loopback]


def engine_networks(ranges: Owners) -> dict[str, t.Any]:
    """Return the settings of daemon.json with which Docker keeps off these ranges.

    {} if the engine's defaults do. {"bip": "172.18.0.1/16", "default-address-pools": [{"base":
    "172.19.0.0/16", "size": 16}]}: bip is the address of docker0. Raises a TopologyError if the
    ranges leave nothing.
    """
    standard = _free(STANDARD, ranges)
    if len(standard) == len(STANDARD):
        return {}
    free = [*standard, *_free(OTHERS, ranges)[: 0 if len(standard) > 1 else 2]]
    if len(free) < 2:
        raise TopologyError(["topology: its ranges leave no private range for Docker's networks"])
    settings: dict[str, t.Any] = {}
    if free[0] != STANDARD[0]:
        base, size = free.pop(0)
        settings[BIP] = f"{base[1]}/{size}"
    return {**settings, POOLS: [{"base": str(base), "size": size} for base, size in free]}


def _free(bases: t.Iterable[Base], ranges: Owners) -> list[Base]:
    return [each for each in bases if not any(each[0].overlaps(cidr) for cidr, _owner in ranges)]


def taken_ranges(config: t.Any) -> list[tuple[IPv4Network, str]]:
    """Return the ranges that an engine with these settings uses, and what for.

    [(172.17.0.0/16, "bip"), (172.18.0.0/16, "default-address-pools"), ...]. A ValueError names the
    setting that makes no sense.
    """
    with errors_at("docker_daemon_config"):
        if not isinstance(config, t.Mapping):
            raise misfit("", config, "a mapping")
        bip, pools, fixed = config.get(BIP), config.get(POOLS), config.get(FIXED)
        taken = [] if bip is None else [(_interface(bip), BIP)]
        taken += [] if fixed is None else [(_range(FIXED, fixed), FIXED)]
        if pools is None or pools == []:  # the engine takes its defaults for both
            return taken + [(base, POOLS) for base, _size in STANDARD]
        if not is_list(pools):
            raise misfit(POOLS, pools, "a list of mappings with base and size")
        return taken + [(_base(pool), POOLS) for pool in pools]


def _interface(bip: t.Any) -> IPv4Network:
    """Return the network of docker0, whose own address bip is."""
    with contextlib.suppress(ValueError):
        found = ipaddress.IPv4Interface(str(bip))
        if "/" in str(bip) and found.ip not in (found.network[0], found.network[-1]):
            return found.network
    raise misfit(BIP, bip, "the address of docker0 with a prefix length, such as 172.17.0.1/16")


def _base(pool: t.Any) -> IPv4Network:
    with errors_at(POOLS):
        settings = read_mapping(pool, ("base", "size"))
        base = _range("base", settings["base"])
        whole_number("size", settings["size"], max(8, base.prefixlen), 30)
        return base


def _range(key: str, value: t.Any) -> IPv4Network:
    try:
        return IPv4Network(str(value))
    except ValueError:
        raise misfit(key, value, "a range such as 172.17.0.0/16") from None


def overlaps(config: t.Any, ranges: Owners) -> list[str]:
    """Return a problem for each range that an engine with these settings shares with `ranges`.

    config: the inventory's `docker_daemon_config`, which goes before what is derived.
    """
    config = {} if config is None else config
    derived = engine_networks(ranges) if isinstance(config, t.Mapping) else {}
    problems = {
        f"docker_daemon_config: {what}: {taken} overlaps {cidr} of {owner}; write a range that"
        " nothing declared uses, or leave the setting out"
        for taken, what in taken_ranges({**derived, **config} if derived else config)
        for cidr, owner in ranges
        if taken.overlaps(cidr)
    }
    return sorted(problems)
