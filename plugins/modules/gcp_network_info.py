#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_network_info
short_description: Read what decides who reaches whom in a Google Cloud project
version_added: 1.0.0
description:
  - Reads networks with their peerings, subnetworks, firewall rules and policies, routers with
    their NAT, routes and instances of one project, and returns them as one document.
  - The module only reads, with the scope C(compute.readonly). The role C(roles/compute.viewer) is
    enough.
  - The number of requests depends on the number of networks and regions and on pages of 500
    objects. It does not depend on the number of instances.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.gcp
  - peerlb.stack.reader
requirements:
  - google-auth >= 2.20
  - requests >= 2.20
options:
  project:
    description:
      - The id of the project.
      - If not set, the environment variable E(GCP_PROJECT) is used.
    type: str
    required: true
  auth_kind:
    description:
      - The kind of credentials, named as in the collection C(google.cloud).
      - V(application) means application default credentials, which come from C(gcloud auth
        application-default login), E(GOOGLE_APPLICATION_CREDENTIALS) or the metadata server.
      - V(serviceaccount) means a service account with a key in a file, V(machineaccount) the
        service account of the VM that the module runs on, and V(accesstoken) a given token.
      - If not set, the environment variable E(GCP_AUTH_KIND) is used.
    type: str
    choices: [application, serviceaccount, machineaccount, accesstoken]
    default: application
  service_account_file:
    description:
      - A file with the key of the service account, on the host that the module runs on.
      - If not set, the environment variable E(GCP_SERVICE_ACCOUNT_FILE) is used.
    type: path
  service_account_contents:
    description:
      - The key of the service account itself, as JSON.
      - If not set, the environment variable E(GCP_SERVICE_ACCOUNT_CONTENTS) is used.
    type: jsonarg
  service_account_email:
    description:
      - Which of the VM's service accounts to use, with O(auth_kind=machineaccount).
      - If not set, the environment variable E(GCP_SERVICE_ACCOUNT_EMAIL) is used.
    type: str
  access_token:
    description:
      - An access token, as C(gcloud auth print-access-token) prints it.
      - If not set, the environment variable E(GCP_ACCESS_TOKEN) is used.
    type: str
  endpoint:
    description:
      - The URL of the API. Unencrypted HTTP is refused, except on a loopback address.
    type: str
    default: https://compute.googleapis.com/compute/v1
  timeout:
    description:
      - Seconds for all requests together. A request that fails temporarily (with status 429 or
        5xx, or a lost connection) is tried up to five times, not sooner than the API allows.
    type: float
    default: 120
notes:
  - Run the module on the controller, with C(delegate_to) or in a play on localhost.
  - The metadata of instances is not read, because start-up scripts in it may hold secrets.
"""

EXAMPLES = r"""
- name: Read the project
  peerlb.stack.gcp_network_info:
    project: my-project
  delegate_to: localhost
  run_once: true
  register: cloud

- name: Save the project for a later audit
  ansible.builtin.copy:
    content: "{{ cloud.project | to_nice_json }}\n"
    dest: project.json
    mode: "0600"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
project:
  description: The project. Its objects are the API's own, cut to the fields for networking.
  returned: success
  type: dict
  contains:
    project:
      description: The id of the project.
      type: str
    networks:
      description: The networks with their peerings.
      type: list
      elements: dict
    subnetworks:
      description: The subnetworks with their ranges and Private Google Access.
      type: list
      elements: dict
    firewalls:
      description: The firewall rules of the networks.
      type: list
      elements: dict
    routers:
      description: The routers with their NAT.
      type: list
      elements: dict
    routes:
      description: The routes.
      type: list
      elements: dict
    instances:
      description: The instances with their state, tags, labels, service accounts and interfaces.
      type: list
      elements: dict
    effective_firewalls:
      description:
        - The rules and policies in effect, with those of the organization and its folders, for
          each C(network) and C(region) with an instance.
      type: list
      elements: dict
    incomplete:
      description: What could not be read, where, and why. Empty if everything was read.
      type: list
      elements: dict
      sample:
        - what: instances
          where: zones/europe-west1-d
          why: the API could not reach it
    calls:
      description: The number of requests that were sent, repeated ones included.
      type: int
      sample: 9
"""

from ansible.module_utils.basic import AnsibleModule, env_fallback, missing_required_lib

from ..module_utils._gcp.api.collect import Collector
from ..module_utils._gcp.api.credentials import find_credentials, secure_url
from ..module_utils._gcp.api.session import IMPORT_ERROR, GcpError, Session, within

KEYS = ["service_account_file", "service_account_contents"]
KINDS = ["application", "serviceaccount", "machineaccount", "accesstoken"]


def env(name: str) -> dict:
    """Return the part of an argument's spec that makes GCP_NAME its fallback."""
    return {"fallback": (env_fallback, [f"GCP_{name}"])}


ARGUMENT_SPEC = {
    "project": {"type": "str", "required": True, **env("PROJECT")},
    "auth_kind": {
        "type": "str",
        "choices": KINDS,
        "default": "application",
        **env("AUTH_KIND"),
    },
    "service_account_file": {"type": "path", **env("SERVICE_ACCOUNT_FILE")},
    "service_account_contents": {
        "type": "jsonarg",
        "no_log": True,
        **env("SERVICE_ACCOUNT_CONTENTS"),
    },
    "service_account_email": {"type": "str", **env("SERVICE_ACCOUNT_EMAIL")},
    "access_token": {"type": "str", "no_log": True, **env("ACCESS_TOKEN")},
    "endpoint": {"type": "str", "default": "https://compute.googleapis.com/compute/v1"},
    "timeout": {"type": "float", "default": 120},
}


def read(params: dict) -> dict:
    """Return the project for the module's parameters; raise GcpError if it cannot be read."""
    endpoint = secure_url("endpoint", params["endpoint"])
    session = Session(find_credentials(params), endpoint, params["timeout"])
    document = Collector(session.get, params["project"]).read()
    return {**document, "calls": session.calls}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        required_if=[
            ("auth_kind", "accesstoken", ["access_token"]),
            ("auth_kind", "serviceaccount", KEYS, True),
        ],
        mutually_exclusive=[KEYS],
    )
    if IMPORT_ERROR:
        library = missing_required_lib("google-auth and requests")
        module.fail_json(msg=library, exception=IMPORT_ERROR)
    try:
        project = within(module.params["timeout"], lambda: read(module.params))
    except GcpError as exc:
        module.fail_json(msg=str(exc))
    for gap in project["incomplete"]:
        module.warn(f"{gap['what']} of {gap['where']} could not be read: {gap['why']}")
    module.exit_json(changed=False, project=project)


if __name__ == "__main__":
    main()
