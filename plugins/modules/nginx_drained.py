#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_drained
short_description: Wait until members of a pool have no connections left
version_added: 0.1.0
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

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._nginx.checks import seconds
from ..module_utils._traffic.kernel import count_workers, read_connections

ARGUMENT_SPEC = {
    "addresses": {"type": "list", "elements": "str", "required": True},
    "timeout": {"type": "float", "default": 60},
    "settle": {"type": "str", "default": "5s"},
}


def count(addresses: list[str]) -> int:
    """Return how many connections this host has to all these addresses together."""
    connections = read_connections()
    return sum(connections.get(address, 0) for address in addresses)


def old_workers_left() -> bool:
    """Tell whether workers of a former release are still finishing what they hold."""
    return count_workers()["shutting_down"] > 0


def wait(addresses: list[str], timeout: float, settle: float) -> dict:
    """Wait at most timeout seconds for connections, settle for old workers; return the result."""
    started = time.monotonic()
    end = started + timeout
    settled = min(end, started + settle)
    left = count(addresses)
    while time.monotonic() < (end if left else settled) and (left or old_workers_left()):
        time.sleep(0.1)
        left = count(addresses)
    return {"changed": False, "left": left, "seconds": round(time.monotonic() - started, 1)}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    try:
        settle = seconds("settle", params["settle"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    timeout = 0 if module.check_mode else params["timeout"]
    module.exit_json(**wait(params["addresses"], timeout, settle))


if __name__ == "__main__":
    main()
