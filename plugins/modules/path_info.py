#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: path_info
short_description: Read what a host knows of connections from it and to it
version_added: 1.0.0
description:
  - For connections from this host, returns the kernel's route to an address.
  - For connections to this host, returns which sockets listen on a port and which processes hold
    the sockets, which containers publish the port, or would if they ran, and what the host's
    firewall does with a connection's first packet.
  - If O(watch) is set, the module also watches whether such a packet comes in, and what the host
    answers. If no packet comes in, the network is at fault; if there is no answer, the host is.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.reader
options:
  routes:
    description: The addresses to return the kernel's route to.
    type: list
    elements: str
    default: []
  doors:
    description:
      - Connections to this host. Only root sees packets, the firewall's rules and the sockets of
        all processes.
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: The IPv4 address from which the connection comes; empty if it is not known.
        type: str
        default: ""
      address:
        description: The IPv4 address of this host to which the connection goes.
        type: str
        required: true
      port:
        description: The TCP port to which the connection goes.
        type: int
        required: true
  watch:
    description:
      - The seconds to wait, at most, until a connection to each of O(doors) has come in and has
        been answered.
    type: float
    default: 0
notes:
  - The firewall's rules are those that C(nft) lists, among them those of C(iptables-nft). The rules
    of C(iptables-legacy) are not read.
"""

EXAMPLES = r"""
- name: Show what there is at MySQL's port
  peerlb.stack.path_info:
    doors:
      - {source: 10.0.0.2, address: 10.2.0.2, port: 3306}
  become: true

- name: Show the route to MySQL
  peerlb.stack.path_info:
    routes: [10.2.0.2]
"""

RETURN = r"""
routes:
  description: By address the kernel's route, or why there is none.
  returned: success
  type: dict
  sample: {10.2.0.2: 10.2.0.2 gateway 10.0.0.1 dev eth0 prefsrc 10.0.0.2}
doors:
  description: What there is at each port, in the order of O(doors).
  returned: success
  type: list
  elements: dict
  contains:
    arrived:
      description:
        - Whether the first packet of a connection came in. V(null) without O(watch), or if the user
          must not see packets.
      type: bool
    answered:
      description:
        - What the host answered, V(none), V(accepted), V(refused) or V(prohibited). V(null) as for
          RV(doors[].arrived).
      type: str
    sockets:
      description:
        - The sockets that listen on the port, each with its address, process and container.
          C(hears) tells whether connections to O(doors[].address) reach it.
      type: list
      elements: dict
    containers:
      description:
        - The containers that publish the port or hold its socket, else stopped containers on the
          host's network. C(leads) tells whether connections to O(doors[].address) are led into the
          container; C(inside) is what listens there.
      type: list
      elements: dict
    firewall:
      description:
        - What the host's firewall does, and the rule that decides. C(doubts) are the rules that may
          drop or reject the packet before. V(null) if the rules cannot be read.
      type: dict
  sample:
    - arrived: true
      answered: none
      sockets: [{address: 10.2.0.2, hears: true, process: dockerd, container: ""}]
      containers:
        - name: peerlb-mysql
          state: running
          health: healthy
          exit_code: 0
          published: [10.2.0.2]
          leads: true
          ruled: true
          host_network: false
          inner_ports: [3306]
          inside: ["[::]:3306"]
      firewall:
        action: drop
        rule: "table inet mine, chain input: tcp dport 3306 drop"
        doubts: []
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._docker.rules import containers, without_rules
from ..module_utils._path.host import LocalHost, inspect_ports
from ..module_utils._path.watch import WatchedPort

ARGUMENT_SPEC = {
    "routes": {"type": "list", "elements": "str", "default": []},
    "doors": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "source": {"type": "str", "default": ""},
            "address": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
        },
    },
    "watch": {"type": "float", "default": 0},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params

    def run(command: list[str]) -> tuple[int, str, str]:
        try:
            return module.run_command(
                command,
                handle_exceptions=False,
                errors="replace",
                environ_update={"LC_ALL": "C"},
            )
        except OSError as exc:  # a program that this host does not have
            return 127, "", str(exc)

    host = LocalHost(run)
    ports = [WatchedPort(**door) for door in params["doors"]]
    doors = inspect_ports(run, ports, params["watch"])
    lost = without_rules(run, containers(run)) if ports else []
    for each in (container for door in doors for container in door["containers"]):
        each["ruled"] = each["name"] not in lost
    routes = {address: host.route(address)["text"] for address in params["routes"]}
    module.exit_json(changed=False, routes=routes, doors=doors)


if __name__ == "__main__":
    main()
