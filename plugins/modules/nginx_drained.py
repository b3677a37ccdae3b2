#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_drained
short_description: Wait until members of a pool have nothing in flight
version_added: 0.1.0
description:
  - Counts the connections from this load balancer to members that get no new requests, until there
    are none or the time is over.
  - After a reload, workers of the former release take one more request on each connection that a
    client kept open. It waits until they are gone, or O(settle) is over.
  - It does not fail when the time is over; RV(left) tells how many were left.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.reader
attributes:
  check_mode:
    details: It counts once and does not wait.
options:
  addresses:
    description: The members, each as address and port such as V(10.1.0.2:3000).
    type: list
    elements: str
    required: true
  timeout:
    description: How many seconds to wait at most.
    type: float
    default: 60
  settle:
    description:
      - For how long workers of a former release may take requests on connections that
        clients kept open, which is the role's C(nginx_lb_keepalive_min_timeout), as nginx writes
        a time such as V(500ms), V(5s) or V(1m).
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
  description: How many connections to the members were left.
  returned: success
  type: int
  sample: 0
seconds:
  description: How long it waited.
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
    connections = read_connections()
    return sum(connections.get(address, 0) for address in addresses)


def finishing() -> bool:
    return count_workers()["shutting_down"] > 0


def wait(addresses: list[str], most: float, settle: float) -> dict:
    started = time.monotonic()
    end = started + most
    settled = min(end, started + settle)
    left = count(addresses)
    while time.monotonic() < (end if left else settled) and (left or finishing()):
        time.sleep(0.1)
        left = count(addresses)
    return {"changed": False, "left": left, "seconds": round(time.monotonic() - started, 1)}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    try:
        settle = seconds("settle", params["settle"])
    except ValueError as exc:
        module.fail_json(msg=str(exc))
    most = 0 if module.check_mode else params["timeout"]
    module.exit_json(**wait(params["addresses"], most, settle))


if __name__ == "__main__":
    main()
