#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_member
short_description: Take a member out of its pools for a renewal, and put it back
version_added: 1.0.0
description:
  - With V(out), drains the member in each pool in which it serves, and waits until its requests
    have ended. A member that somebody else has drained stays as it is. In a pool of method
    V(sticky) its state becomes V(down), so that clients that hold its cookie leave it too.
  - With V(in), asks the member whether it serves, from the load balancer's place, and lets it serve
    in the pools out of which the module took it. A member that does not answer stays out, and the
    module fails.
  - If no release is live, or the host is a member of no pool, there is nothing to do. If no other
    member could serve, the member is not taken out.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.balancer
options:
  member:
    description: The name of the member.
    type: str
    required: true
  state:
    description: Whether the member is taken out or put back.
    type: str
    choices: [in, out]
    required: true
  drain_timeout:
    description: For how many seconds to wait until the member's requests have ended.
    type: float
    default: 60
  settle:
    description:
      - How long workers of a former release may still take requests, as nginx writes a time.
      - Set it to the value of the role's variable C(nginx_lb_keepalive_min_timeout).
    type: str
    default: 5s
  health:
    description:
      - How the member is asked before it is put back, in pools of protocol http. If empty, any
        answer to V(/) is good. In pools of other protocols the member is only connected to.
    type: dict
    default: {}
    suboptions:
      path:
        description: What is asked for, in pools of protocol http.
        type: str
        default: /
      host:
        description: The name by which the member is asked. Empty means its address and port.
        type: str
        default: ""
      statuses:
        description: The answers that are good. Empty means any.
        type: list
        elements: int
        default: []
"""

EXAMPLES = r"""
- name: Take web1 out on the load balancer
  peerlb.stack.nginx_member:
    member: web1
    state: out
  delegate_to: lb1
"""

RETURN = r"""
pools:
  description: The pools out of which the member was taken, or into which it was put back.
  returned: success
  type: list
  elements: str
  sample: [webapp]
left:
  description: How many connections to the member were left when the time was over.
  returned: success
  type: int
  sample: 0
release:
  description: The id of the release that is live now; empty if there is none.
  returned: success
  type: str
  sample: 3f9a1c52be07
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.balancer_module import COMMON_SPEC, ERRORS, BalancerModule
from ..module_utils._balancer.inputs import Inputs
from ..module_utils._balancer.renewal import drained_for_renewal, put_back, taken_out
from ..module_utils._nginx.checks import PoolError, seconds
from ..module_utils._release.service import probe
from ..module_utils._release.specification import Health
from ..module_utils._traffic.drained import wait_until_drained
from ..module_utils._values.entries import duration

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "member": {"type": "str", "required": True},
    "state": {"type": "str", "required": True, "choices": ["in", "out"]},
    "drain_timeout": {"type": "float", "default": 60},
    "settle": {"type": "str", "default": "5s"},
    "health": {
        "type": "dict",
        "default": {},
        "options": {
            "path": {"type": "str", "default": "/"},
            "host": {"type": "str", "default": ""},
            "statuses": {"type": "list", "elements": "int", "default": []},
        },
    },
}
NOTHING = {"changed": False, "pools": [], "release": ""}


def take_out(balancer: BalancerModule, inputs: Inputs) -> dict:
    """Drain the member where it serves and others can."""
    member = balancer.params["member"]
    drained = taken_out(inputs, member, balancer.note())
    pools = drained_for_renewal(drained, member)
    result = balancer.make_live(drained, passing=bool(pools), quick=True)
    return {**result, "pools": pools}


def let_in(balancer: BalancerModule, inputs: Inputs) -> dict:
    """Let the member serve where the module has drained it, once it answers."""
    member = balancer.params["member"]
    pools = drained_for_renewal(inputs, member)
    for pool in pools:
        ask_member(inputs, pool, balancer.params)
    wanted = put_back(inputs, member)
    # The release that was live before the member was taken out needs no second line in the history.
    lasting = [line["id"] for line in balancer.store.history() if not line.get("passing")]
    if pools and not balancer.check_mode:
        balancer.live.wait_until_good(member, pools)
    result = balancer.make_live(wanted, passing=wanted.release().id in lasting[-1:], quick=True)
    return {**result, "pools": pools}


def ask_member(inputs: Inputs, pool: str, params: dict) -> None:
    """Ask the member from here; a PoolError says that it does not serve."""
    protocol = inputs.probed_by(pool)
    options = {**params["health"], "statuses": tuple(params["health"].get("statuses") or ())}
    for each in inputs.addresses(params["member"], [pool]):
        address, port = each.rsplit(":", 1)
        if problem := probe(Health(protocol, address, int(port), **options)):
            raise PoolError(f"{params['member']} stays out of the pool {pool}: it {problem}")


def run(module: AnsibleModule) -> dict:
    """Take the member out or put it back; one of ERRORS says why that failed."""
    balancer, params = BalancerModule.of(module), module.params
    settle = seconds("settle", params["settle"])
    duration("drain_timeout", params["drain_timeout"])
    with balancer.locked():
        present = balancer.present()
        if present is None:
            return {**NOTHING, "left": 0}
        inputs = balancer.present_inputs()
        # A load balancer that is down has no requests for anybody, and need not be repaired here.
        is_out = bool(drained_for_renewal(inputs, params["member"]))
        if not is_out and not balancer.serves():
            return {**NOTHING, "left": 0}
        result = (take_out if params["state"] == "out" else let_in)(balancer, inputs)
    waits = params["state"] == "out" and result["pools"] and not module.check_mode
    if not waits:
        return {**result, "left": 0}
    # Without the lock: while requests end, operators may set weights.
    addresses = inputs.addresses(params["member"], result["pools"])
    drained = wait_until_drained(addresses, params["drain_timeout"], settle)
    return {**result, "left": int(drained["left"])}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except (*ERRORS, ValueError) as exc:  # also of a settle that is no time
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
