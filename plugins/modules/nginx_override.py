#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_override
short_description: Set the weights and states of members at run time
version_added: 1.0.0
description:
  - Sets weights and states that win over the inventory, also in later runs of
    M(peerlb.stack.nginx_release), until they are reset with O(reset).
  - In a live pool, which nginx follows without a reload, they stand beside the releases. The unit
    C(peerlb-pools) tells nginx, and the module waits until nginx has asked. If nginx does not ask
    within O(timeout), what was set before is set again, and the module fails.
  - In any other pool, and for a drain in a pool of method V(sticky), a release goes live that
    differs from the present one only in that. If nginx does not come up with it, the last good
    release stays live.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.balancer
options:
  pool:
    description:
      - The name of the pool. If empty, it is the only pool that has all the members named in
        O(weights) and O(states); the module fails if several have them.
      - With O(reset), empty means all pools.
    type: str
    default: ""
  weights:
    description:
      - The weight of each member, V(0) to V(1000), as a dictionary by name or as text such as
        V(web1=3,web2=1). V(0) means no new requests.
      - A member that is given twice is refused.
    type: raw
    default: {}
  states:
    description:
      - The state of each member, by name. V(up) means that the member gets requests. V(drain) and
        V(down) mean no new requests; requests in flight are finished.
    type: dict
    default: {}
  reset:
    description: Whether to return to the weights and states of the inventory.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Send three of four requests to web1
  peerlb.stack.nginx_override:
    weights: {web1: 3, web2: 1}
    operator: ada
    reason: web2 runs the new version

- name: Send no new requests to web2
  peerlb.stack.nginx_override:
    states: {web2: drain}

- name: Return to the inventory
  peerlb.stack.nginx_override:
    reset: true
"""

RETURN = r"""
release:
  description: The id of the release that is live now; in check mode, of the one that would be.
  returned: success
  type: str
  sample: 3f9a1c52be07
previous:
  description: The id of the release that was live before the module ran.
  returned: success
  type: str
  sample: 0d44e1a97c31
pools:
  description: The pools as nginx balances to them, with the weights and states set at run time.
  returned: success
  type: list
  elements: dict
differences:
  description: A sentence for each weight or state set at run time that differs from the inventory.
  returned: success
  type: list
  elements: str
seconds:
  description: How many seconds the module took until nginx followed.
  returned: success
  type: float
  sample: 0.4
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.balancer_module import COMMON_SPEC, ERRORS, BalancerModule
from ..module_utils._balancer.weights import read_weights
from ..module_utils._nginx.checks import PoolError
from ..module_utils._nginx.overrides import read_changes

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "pool": {"type": "str", "default": ""},
    "weights": {"type": "raw", "default": {}},
    "states": {"type": "dict", "default": {}},
    "reset": {"type": "bool", "default": False},
}


def run(module: AnsibleModule) -> dict:
    """Make the change live, and return the module's result; one of ERRORS says why it failed."""
    params = module.params
    changes = read_changes(read_weights(params["weights"]), params["states"])
    if bool(changes) == params["reset"]:
        raise PoolError("give weights or states to set, or reset to take back what was set")
    balancer = BalancerModule.of(module)
    with balancer.locked():
        inputs = balancer.present_inputs()
        if params["reset"]:
            inputs = inputs.without_overrides(params["pool"])
        else:
            inputs = inputs.with_changes(params["pool"], changes, balancer.note())
        result = balancer.make_live(inputs, quick=True)
    return {
        **result,
        "pools": [pool.params() for pool in inputs.effective_pools()],
        "differences": inputs.differences(),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    started = time.monotonic()
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result, seconds=round(time.monotonic() - started, 3))


if __name__ == "__main__":
    main()
