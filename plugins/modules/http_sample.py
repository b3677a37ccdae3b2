#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: http_sample
short_description: Count which members answer a number of HTTP requests
version_added: 1.0.0
description:
  - Sends GET requests one after the other, each on a connection of its own and none of them twice.
  - Counts the answers by status, and by a header that names the member which answered.
  - If none of the first three requests is answered, the module does not send the others, and counts
    them as failed.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.reader
options:
  url:
    description: The URL to request, with the scheme C(http) or C(https).
    type: str
    required: true
  requests:
    description: How many requests to send, V(1) to V(10000).
    type: int
    default: 40
  header:
    description: The header of the answer that names the member.
    type: str
    default: X-Served-By
  host:
    description:
      - The name by which to ask, in the header C(Host). An application that knows its own names may
        refuse every other one.
      - Without it, the request asks by the host and the port of O(url).
      - With the scheme C(https), the handshake of TLS asks for this name as well, and the server's
        certificate has to be for it.
    type: str
    default: ""
  ca:
    description:
      - The certificates, as text in PEM, of those who may have signed the server's. Without it,
        those count that this host trusts.
      - An answer that comes with another certificate counts as none.
    type: str
    default: ""
  statuses:
    description:
      - The good answers. If a request gets another answer or none, the module fails after the last
        request and returns the counts.
      - If the list is empty, the module only counts. A redirect is an answer, and is not followed.
    type: list
    elements: int
    default: []
  timeout:
    description: How many seconds one request may take.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Count which members answer forty requests
  peerlb.stack.http_sample:
    url: http://10.0.0.2/
  register: sample

- name: Ask by name, and fail unless each request leads to the login
  peerlb.stack.http_sample:
    url: http://10.0.0.2/
    host: shop.example
    statuses: [302]

- name: Ask by TLS, and trust a CA of one's own
  peerlb.stack.http_sample:
    url: https://10.0.0.2/
    host: shop.example
    ca: "{{ lookup('ansible.builtin.file', 'own_ca.pem') }}"
"""

RETURN = r"""
statuses:
  description: How many answers had each HTTP status.
  returned: success
  type: dict
  sample: {"200": 40}
served_by:
  description:
    - How many answers came from each member. C((unnamed)) stands for answers without the header.
  returned: success
  type: dict
  sample: {"web1": 20, "web2": 20}
failed_requests:
  description: How many requests got no answer.
  returned: success
  type: int
  sample: 0
errors:
  description: The errors of the first ten requests that got no answer.
  returned: success
  type: list
  elements: str
median_ms:
  description: The median time of an answer, in milliseconds.
  returned: success
  type: float
body:
  description: The first 2000 bytes of the last answer's body.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._traffic.http_sample import take_sample

ARGUMENT_SPEC = {
    "url": {"type": "str", "required": True},
    "requests": {"type": "int", "default": 40},
    "header": {"type": "str", "default": "X-Served-By"},
    "host": {"type": "str", "default": ""},
    "ca": {"type": "str", "default": ""},
    "statuses": {"type": "list", "elements": "int", "default": []},
    "timeout": {"type": "float", "default": 10},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    good = module.params.pop("statuses")
    try:
        sample = take_sample(**module.params)
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    report = {"changed": False, **sample.report()}
    unexpected = sample.unexpected(good)
    if unexpected:
        module.fail_json(msg=unexpected, **report)
    module.exit_json(**report)


if __name__ == "__main__":
    main()
