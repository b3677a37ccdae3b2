#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_ban
short_description: Ban clients of the load balancer, without a reload
version_added: 1.0.0
description:
  - Refuses the requests of addresses or ranges with status 403, whatever the answer would be, but
    for challenges by which a certificate is proved.
  - nginx sees the change within a second. No connection is closed, and no request of others is
    lost. The module returns when nginx has to see it.
  - The ban stands beside the releases, so a deployment or a rollback leaves it as it is. The unit
    C(peerlb-guard) lifts it at its end.
  - A range wider than a /16, and one that has a member, a load balancer, an address of
    C(nginx_lb_never_banned) or the address from which you have logged in, is refused.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.guard
options:
  ranges:
    description: The addresses and ranges, such as V(203.0.113.7) and V(198.51.100.0/24).
    type: list
    elements: str
    required: true
  state:
    description:
      - V(present) bans them. A ban that there is gets the new end, if that is more than a minute
        away from its own.
      - V(absent) lifts their bans. If one of them stays banned, because a wider range or a list of
        another program has it, the module fails and says by what.
    type: str
    choices: [present, absent]
    default: present
  duration:
    description:
      - For how long, such as V(30m), V(1h) or V(7d), or V(forever). Without it and without
        O(until) it is V(1h).
    type: str
    default: ""
  until:
    description: Until when, such as V(2027-01-01T10:00:00Z). It excludes O(duration).
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Refuse a client for a day
  peerlb.stack.nginx_ban:
    ranges: [203.0.113.7]
    duration: 24h
    operator: ada
    reason: tries passwords

- name: Let it come again
  peerlb.stack.nginx_ban:
    ranges: [203.0.113.7]
    state: absent
"""

RETURN = r"""
now:
  description: A sentence for each ban that operators and rules have set, after the change.
  returned: success
  type: list
  elements: str
  sample: ["203.0.113.7 until 2026-01-02T10:00:00Z, set by ada (because: tries passwords)"]
seconds:
  description: How many seconds the module took until nginx had to see the change.
  returned: success
  type: float
  sample: 1.2
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.guard_module import COMMON_SPEC, ERRORS, GuardModule
from ..module_utils._bans.change import ban, ban_lines, lift
from ..module_utils._bans.entries import parse_end, parse_range

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "ranges": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "duration": {"type": "str", "default": ""},
    "until": {"type": "str", "default": ""},
}


def run(module: AnsibleModule) -> dict:
    """Make the change, and return the module's result; one of ERRORS says why it failed."""
    params, guard = module.params, GuardModule.of(module, "bans")
    ranges = [parse_range(each) for each in dict.fromkeys(params["ranges"])]
    if not ranges:
        raise ValueError("ranges: name at least one address or range")
    duration = params["duration"] or ("" if params["until"] else "1h")
    note = guard.note()
    if params["state"] == "absent":
        return guard.carry_out(lambda truth: lift(truth, ranges, note), "write_bans", ban_lines)
    guard.inputs()  # which looks whether nginx knows bans
    until, protected = parse_end(duration, params["until"], time.time()), guard.protected()
    result = guard.carry_out(
        lambda truth: ban(truth, ranges, until, note, protected), "write_bans", ban_lines
    )
    for each in guard.warnings():
        module.warn(each)
    return result


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
