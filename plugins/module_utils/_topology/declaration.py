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


def read_topology(declaration: t.Any, groups: Groups, hostvars: HostVars) -> Topology:
    """Return the model of a declaration and of the hosts of the inventory.

    declaration: the variable `topology` as written; groups: names of hosts by group; hostvars: by
    host its `ansible_host` and `peerlb_*` variables. A TopologyError names every entry at fault at
    once.
    """
    reader = Reader(groups)
    sections = reader.sections(declaration)
    networks = reader.networks(sections["networks"])
    # Without sound networks every host would seem to stand in the wrong place.
    placeable = not reader.problems
    peerings = reader.peerings(sections["peerings"])
    flows = reader.flows(sections["flows"])
    management = reader.management(sections["management"])
    problems = reader.problems
    hosts: dict[str, Host] = {}
    if placeable:
        hosts, misplaced = place_hosts(groups, hostvars, networks, flows)
        problems = problems + misplaced
    topology = Topology(networks, peerings, hosts, flows, management)
    problems = problems or refusals(topology)
    if problems:
        raise TopologyError(problems)
    return topology
