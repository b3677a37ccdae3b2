#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_drained
short_description: Wait until members of a pool have no connections left
version_added: 1.0.0
description:
  - Counts the connections from this load balancer to members that get no new requests, until none
    is left or O(timeout) is over.
  - After a reload, the workers of the former release still take one more request on each connection
    that a client keeps open. So the module also waits until these workers have ended, or O(settle)
    is over.
  - The module does not fail when the time is over. RV(left) says how many connections were left.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.reader
attributes:
  check_mode:
    details: The module counts once and does not wait.
options:
  addresses:
    description: The members, each by address and port, such as V(10.1.0.2:3000).
    type: list
    elements: str
    required: true
  timeout:
    description: For how many seconds to wait at most.
    type: float
    default: 60
  settle:
    description:
      - How long workers of a former release may still take requests, as nginx writes a time, such
        as V(500ms), V(5s) or V(1m).
      - Set it to the value of the role's variable C(nginx_lb_keepalive_min_timeout).
    type: str
    default: 5s
"""

EXAMPLES = r"""
- name: Wait for the requests in flight to web2
  peerlb.stack.nginx_drained:
    addresses: [10.1.0.3:3000]
    timeout: 120
"""

RETURN = r"""
left:
  description: How many connections to the members are left.
  returned: success
  type: int
  sample: 0
seconds:
  description: For how many seconds the module waited.
  returned: success
  type: float
  sample: 2.9
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._nginx.checks import seconds
from ..module_utils._traffic.drained import parse_addresses, wait_until_drained
from ..module_utils._values.entries import duration

ARGUMENT_SPEC = {
    "addresses": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "float", "default": 60},
    "settle": {"type": "str", "default": "5s"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    try:
        settle = seconds("settle", params["settle"])
        addresses = parse_addresses(params["addresses"])
        timeout = 0 if module.check_mode else duration("timeout", params["timeout"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    result = wait_until_drained(addresses, timeout, settle)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
