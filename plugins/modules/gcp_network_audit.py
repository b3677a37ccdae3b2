#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_network_audit
short_description: Audit a Google Cloud project against the declaration
version_added: 1.0.0
description:
  - Compares peerings, ranges, VMs, firewall rules and policies of a project with the declaration,
    for all addresses. Each difference is a finding, with the rules that cause it and, where there
    is one, a C(gcloud) command that fixes it.
  - The module reads what M(peerlb.stack.gcp_network_info) returned, now or earlier. It does not
    connect to the cloud, needs no credentials, and runs none of the commands in its findings.
  - What only the cloud can decide is a finding that says so.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.gcp
  - peerlb.stack.reader
options:
  project:
    description: The project, as M(peerlb.stack.gcp_network_info) returns it.
    type: dict
  path:
    description: A JSON file with the project.
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
        description: The names of the hosts by group; V(all) has every host.
        type: dict
        required: true
      hosts:
        description: The variables of each host that the audit needs.
        type: dict
        required: true
notes:
  - The module does not fail if it finds errors; the playbook C(audit) does.
seealso:
  - module: peerlb.stack.gcp_network_info
"""

EXAMPLES = r"""
- name: Audit a project that was saved earlier
  peerlb.stack.gcp_network_audit:
    path: project.json
    topology: "{{ topology }}"
    inventory: "{{ topology | peerlb.stack.inventory_hosts(groups, hostvars) }}"
  register: audit

- name: Fail if there are errors
  ansible.builtin.assert:
    that: audit.summary.error == 0
"""

RETURN = r"""
findings:
  description: What is not as declared, errors first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The kind of finding; C(docs/google-cloud.md) lists all of them.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    object:
      description: The object of the finding, such as a flow, a rule, a VM or a network.
      type: str
    explanation:
      description: What differs, and why.
      type: str
    command:
      description:
        - The commands that fix it, one on each line; empty if there are none that surely do.
      type: str
  sample:
    - id: flow-closed
      severity: error
      object: "nginx_lb -> mysql:3306 (mysql)"
      explanation: "from 10.0.0.2/32 on db1: closed, since no rule admits it"
      command: gcloud compute firewall-rules create nginx-lb-mysql-3306-mysql ...
summary:
  description: The number of findings of each severity.
  returned: success
  type: dict
  sample: {error: 1, warning: 0, info: 2}
ways_out:
  description:
    - How each VM reaches packages and images. C(way) is V(external), V(nat), V(google-only),
      V(none) or V(undecided); C(via) says by what.
  returned: success
  type: list
  elements: dict
  sample: [{vm: web1, way: nat, via: Cloud NAT nat-vpc-webapp}]
judged:
  description: The project, and the numbers of VMs, flows, rules and policies that were judged.
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
    """Return the value in a JSON file; raise a ValueError that names the file if it cannot."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as exc:
        raise ValueError(f"path {path}: {exc}") from None


def main() -> None:
    """Run the module."""
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
