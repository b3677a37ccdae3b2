#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: path_info
short_description: Read what a host knows of connections from it and to it
version_added: 0.1.0
description:
  - For connections from this host, tells the kernel's route to an address.
  - For connections to this host, tells which sockets listen on a port and who holds them, which
    containers publish it, or would if they ran, and what the host's firewall does with the first
    packet.
  - On request it also watches for a while whether such a packet comes in, and what goes out in
    answer. This tells a network that lets nothing through from a host that does not answer.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.reader
options:
  routes:
    description: Addresses to tell the route to.
    type: list
    elements: str
    default: []
  doors:
    description: Connections to this host. Only root can see all there is to see.
    type: list
    elements: dict
    default: []
    suboptions:
      source:
        description: The IPv4 address that it comes from; empty if that is not known.
        type: str
        default: ""
      address:
        description: The IPv4 address of this host that it goes to.
        type: str
        required: true
      port:
        description: The TCP port that it goes to.
        type: int
        required: true
  watch:
    description: How many seconds to wait, at most, for a connection to each of O(doors).
    type: float
    default: 0
notes:
  - The firewall is read from C(nft), which also shows the rules of C(iptables-nft). Rules of
    C(iptables-legacy) are not seen.
"""

EXAMPLES = r"""
- name: See what MySQL's port looks like from within
  peerlb.stack.path_info:
    doors:
      - {source: 10.0.0.2, address: 10.2.0.2, port: 3306}
  become: true

- name: Ask for the route to MySQL
  peerlb.stack.path_info:
    routes: [10.2.0.2]
"""

RETURN = r"""
routes:
  description: The kernel's route, or why there is none, by address.
  returned: success
  type: dict
  sample: {10.2.0.2: 10.2.0.2 gateway 10.0.0.1 dev eth0 prefsrc 10.0.0.2}
doors:
  description: What there is, in the order of O(doors).
  returned: success
  type: list
  elements: dict
  contains:
    arrived:
      description: Whether a packet came that begins a connection; V(null) if nobody watched.
      type: bool
    answered:
      description: What was said to it, V(none), V(accepted), V(refused) or V(prohibited).
      type: str
    sockets:
      description:
        - What listens on the port, on this or on another address, by which process, in which
          container.
      type: list
      elements: dict
    containers:
      description: The containers that publish the port, hold its socket, or would.
      type: list
      elements: dict
    firewall:
      description:
        - What the host's firewall does, and by which rule. C(doubts) are rules
          that may do otherwise. V(null) if its rules can not be read.
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
          host_network: false
          inner_ports: [3306]
          inside: ["[::]:3306"]
      firewall:
        action: drop
        rule: "table inet mine, chain input: tcp dport 3306 drop"
        doubts: []
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._path.host import Host, look
from ..module_utils._path.watch import Door

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
                command, handle_exceptions=False, environ_update={"LC_ALL": "C"}
            )
        except OSError as exc:  # a program that this host does not have
            return 127, "", str(exc)

    module.exit_json(
        changed=False,
        routes={address: Host(run).route(address)["text"] for address in params["routes"]},
        doors=look(run, [Door(**door) for door in params["doors"]], params["watch"]),
    )


if __name__ == "__main__":
    main()
