#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_network_audit
short_description: Hold a Google Cloud project against the declaration
version_added: 0.1.0
description:
  - Judges peerings, ranges, VMs, firewall rules and policies of a project by what is declared, for
    all addresses at once, and says what is not so, by which rule, and what would mend it.
  - It reads what M(peerlb.stack.gcp_network_info) returned or what was saved of it. It asks no
    cloud, needs no credentials, and runs none of the commands that it prints.
  - What only the cloud can decide is a finding of its own, never a guess.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.gcp
  - peerlb.stack.reader
options:
  project:
    description: What M(peerlb.stack.gcp_network_info) returns as its C(project).
    type: dict
  path:
    description: A JSON file that holds it.
    type: path
  topology:
    description: The declaration, as in C(group_vars/all/topology.yml).
    type: dict
    required: true
  inventory:
    description: The hosts, as the filter P(peerlb.stack.inventory_hosts#filter) returns them.
    type: dict
    required: true
    suboptions:
      groups:
        description: The names of the hosts by group; V(all) holds every one.
        type: dict
        required: true
      hosts:
        description: By host, what the model needs of its variables.
        type: dict
        required: true
notes:
  - It does not fail because of what it finds; the playbook C(audit) does.
seealso:
  - module: peerlb.stack.gcp_network_info
"""

EXAMPLES = r"""
- name: Audit what was saved
  peerlb.stack.gcp_network_audit:
    path: project.json
    topology: "{{ topology }}"
    inventory: "{{ topology | peerlb.stack.inventory_hosts(groups, hostvars) }}"
  register: audit

- name: Refuse errors
  ansible.builtin.assert:
    that: audit.summary.error == 0
"""

RETURN = r"""
findings:
  description: What is not as declared, the gravest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: What kind of finding it is; C(docs/google-cloud.md) lists them all.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    object:
      description: What it is about, such as a flow, a rule, a VM or a network.
      type: str
    explanation:
      description: What is so, and why.
      type: str
    command:
      description: What would mend it, a line each; empty where no single command does.
      type: str
  sample:
    - id: flow-closed
      severity: error
      object: "nginx_lb -> mysql:3306 (mysql)"
      explanation: "from 10.0.0.2/32 on db1: closed, since no rule admits it"
      command: gcloud compute firewall-rules create nginx-lb-mysql-3306-mysql ...
summary:
  description: How many findings there are of each severity.
  returned: success
  type: dict
  sample: {error: 1, warning: 0, info: 2}
ways_out:
  description:
    - Each VM's way to packages and images, V(external), V(nat), V(google-only), V(none) or
      V(undecided).
  returned: success
  type: list
  elements: dict
  sample: [{vm: web1, way: nat, via: Cloud NAT nat-vpc-webapp}]
judged:
  description: What was looked at.
  returned: success
  type: dict
  sample: {project: my-shop-42, vms: 4, flows: 4, rules: 7, policies: 0}
"""

import json

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._gcp.audit.audit import audit
from ..module_utils._topology.declaration import read_topology

ARGUMENT_SPEC = {
    "project": {"type": "dict"},
    "path": {"type": "path"},
    "topology": {"type": "dict", "required": True},
    "inventory": {
        "type": "dict",
        "required": True,
        "options": {
            "groups": {"type": "dict", "required": True},
            "hosts": {"type": "dict", "required": True},
        },
    },
}


def saved(path: str) -> object:
    """Return what a JSON file holds; the ValueError names the file."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as exc:
        raise ValueError(f"path {path}: {exc}") from None


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        required_one_of=[("project", "path")],
        mutually_exclusive=[("project", "path")],
        supports_check_mode=True,
    )
    params = module.params
    inventory = params["inventory"]
    try:
        document = saved(params["path"]) if params["path"] else params["project"]
        topology = read_topology(params["topology"], inventory["groups"], inventory["hosts"])
        found = audit(topology, document)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
