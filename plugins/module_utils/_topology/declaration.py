# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a declaration, place the inventory's hosts in it and refuse what cannot work. No I/O."""

from __future__ import annotations

import typing as t

from .hosts import HostVars, place_hosts
from .model import Topology
from .refusals import refusals
from .sections import Groups, Reader
from .values import Host, TopologyError


def read_topology(
    declaration: t.Any,
    groups: Groups,
    hostvars: HostVars,
    only: t.Container[str] | None = None,
) -> Topology:
    """Return the model of a declaration and of the inventory's hosts.

    declaration: the variable `topology` as people wrote it; groups: the names of hosts by group;
    hostvars: `ansible_host` and the `peerlb_*` variables by host; only: as for `place_hosts`.
    Raises a TopologyError that names every entry at fault at once.
    """
    reader = Reader(groups)
    sections = reader.sections(declaration)
    networks = reader.networks(sections["networks"])
    # With a network at fault, hosts would be reported as misplaced that are not.
    placeable = not reader.problems
    peerings = reader.peerings(sections["peerings"])
    flows = reader.flows(sections["flows"])
    management = reader.management(sections["management"])
    reader.expected_hosts(declaration)
    problems = reader.problems
    hosts: dict[str, Host] = {}
    if placeable:
        hosts, misplaced = place_hosts(groups, hostvars, networks, flows, only)
        problems = problems + misplaced
    topology = Topology(networks, peerings, hosts, flows, management)
    # Entries are judged together only once each of them makes sense by itself.
    problems = problems or refusals(topology)
    if problems:
        raise TopologyError(problems)
    return topology
