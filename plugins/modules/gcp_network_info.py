#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gcp_network_info
short_description: Read what decides who reaches whom in a Google Cloud project
version_added: 0.1.0
description:
  - Reads networks with their peerings, subnetworks, firewall rules and policies, routers with
    their NAT, routes and instances of one project, as one document.
  - It only reads, with the scope C(compute.readonly). The role C(roles/compute.viewer) suffices.
  - The number of requests depends on the number of networks and regions, and on pages of 500
    objects; not on the number of instances.
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
      - The environment variable E(GCP_PROJECT) stands in for it.
    type: str
    required: true
  auth_kind:
    description:
      - Who asks, in the words of the collection C(google.cloud).
      - V(application) are the application default credentials, as of C(gcloud auth
        application-default login), E(GOOGLE_APPLICATION_CREDENTIALS) or the metadata server.
      - V(serviceaccount) is a service account with a key in a file; V(machineaccount) the service
        account of the VM this runs on; V(accesstoken) a token from elsewhere.
      - The environment variable E(GCP_AUTH_KIND) stands in for it.
    type: str
    choices: [application, serviceaccount, machineaccount, accesstoken]
    default: application
  service_account_file:
    description:
      - The file with the key of the service account, where this module runs.
      - The environment variable E(GCP_SERVICE_ACCOUNT_FILE) stands in for it.
    type: path
  service_account_contents:
    description:
      - The key itself, as JSON.
      - The environment variable E(GCP_SERVICE_ACCOUNT_CONTENTS) stands in for it.
    type: jsonarg
  service_account_email:
    description:
      - Which of the VM's service accounts, with O(auth_kind=machineaccount).
      - The environment variable E(GCP_SERVICE_ACCOUNT_EMAIL) stands in for it.
    type: str
  access_token:
    description:
      - The token, as C(gcloud auth print-access-token) tells it.
      - The environment variable E(GCP_ACCESS_TOKEN) stands in for it.
    type: str
  endpoint:
    description:
      - Where the API is. Unencrypted HTTP is refused but on a loopback address.
    type: str
    default: https://compute.googleapis.com/compute/v1
  timeout:
    description:
      - Seconds for all of it. What may pass by itself (the statuses 429 and 5xx, a lost connection)
        is tried up to five times, not sooner than the API asks for.
    type: float
    default: 120
notes:
  - It needs no VM; run it on the controller, with C(delegate_to) or in a play on localhost.
  - The metadata of instances, where start-up scripts may hold secrets, is not read.
"""

EXAMPLES = r"""
- name: Read the project
  peerlb.stack.gcp_network_info:
    project: my-project
  delegate_to: localhost
  run_once: true
  register: cloud

- name: Keep it, to be judged later or elsewhere
  ansible.builtin.copy:
    content: "{{ cloud.project | to_nice_json }}\n"
    dest: project.json
    mode: "0600"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
project:
  description: The project. The objects are the API's own, cut to what networking needs.
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
        - The rules and policies, also those of the organization and its folders, by C(network) and
          C(region), for each pair that has an instance.
      type: list
      elements: dict
    incomplete:
      description: What could not be read, where, and why. Empty if everything was.
      type: list
      elements: dict
      sample:
        - what: instances
          where: zones/europe-west1-d
          why: the API could not reach it
    calls:
      description: How many requests were sent, with those that were repeated.
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
    endpoint = secure_url("endpoint", params["endpoint"])
    session = Session(find_credentials(params), endpoint, params["timeout"])
    document = Collector(session.get, params["project"]).read()
    return {**document, "calls": session.calls}


def main() -> None:
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
