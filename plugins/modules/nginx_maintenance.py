#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_maintenance
short_description: Put a pool, or all that is served, into maintenance, without a reload
version_added: 1.0.0
description:
  - Lets nginx answer requests with a page of status 503 and a Retry-After, without asking a member.
    The role's C(nginx_lb_maintenance_page) is the page.
  - nginx sees the change within a second. No connection is closed. Requests in flight are finished.
    The module returns when nginx has to see it.
  - The maintenance stands beside the releases, so a deployment or a rollback leaves it as it is,
    and it lasts until somebody ends it.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.guard
options:
  pool:
    description:
      - The name of a pool, or V(all) for all that is served by HTTP, with redirects and fixed
        answers but without challenges by which a certificate is proved.
    type: str
    required: true
  state:
    description:
      - V(present) begins the maintenance or changes its options, V(absent) ends it.
      - To end V(all) ends the maintenance of every pool.
    type: str
    choices: [present, absent]
    default: present
  retry_after:
    description: After how many seconds clients are told to come again.
    type: int
    choices: [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
    default: 300
  allow:
    description:
      - Addresses and ranges that are served nevertheless, such as those of operators who try the
        service before all others. A range may be a /16 at most.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show a page instead of the application
  peerlb.stack.nginx_maintenance:
    pool: webapp
    retry_after: 600
    allow: [198.51.100.0/24]
    operator: ada
    reason: new schema

- name: Serve again
  peerlb.stack.nginx_maintenance:
    pool: webapp
    state: absent
"""

RETURN = r"""
now:
  description: A sentence for each pool in maintenance, after the change.
  returned: success
  type: list
  elements: str
  sample: ["pool webapp is in maintenance since 2026-01-01T10:00:00Z, set by ada"]
seconds:
  description: How many seconds the module took until nginx had to see the change.
  returned: success
  type: float
  sample: 1.2
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.guard_module import COMMON_SPEC, ERRORS, GuardModule
from ..module_utils._balancer.inputs import Inputs
from ..module_utils._bans.change import close, maintenance_lines, open_again
from ..module_utils._bans.entries import parse_range
from ..module_utils._bans.maintenance import ALL, RETRY_AFTER, Maintenance
from ..module_utils._values.entries import suggestion

ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "pool": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "retry_after": {"type": "int", "choices": list(RETRY_AFTER), "default": 300},
    "allow": {"type": "list", "elements": "str", "default": []},
}


def refuse_unknown(pool: str, inputs: Inputs) -> None:
    """Raise a ValueError for a pool that has no page, because nobody asks it by HTTP."""
    http = [name for each in inputs.listeners if each.protocol == "http" for name in each.pools]
    if pool in (ALL, *http):
        return
    if pool in [each.name for each in inputs.pools]:
        raise ValueError(f"pool {pool} is not served by HTTP, so there is no page for its clients")
    raise ValueError(f"no pool is named {pool}; {suggestion(pool, [*dict.fromkeys(http), ALL])}")


def run(module: AnsibleModule) -> dict:
    """Make the change, and return the module's result; one of ERRORS says why it failed."""
    params, guard = module.params, GuardModule.of(module, "maintenance")
    pool, note = params["pool"], guard.note()
    begins = params["state"] == "present"
    if begins:
        refuse_unknown(pool, guard.inputs())
    allow = tuple(str(parse_range(each)) for each in params["allow"]) if begins else ()
    wanted = Maintenance(params["retry_after"], allow)
    return guard.carry_out(
        lambda truth: close(truth, pool, wanted, note) if begins else open_again(truth, pool, note),
        "write_maintenance",
        maintenance_lines,
    )


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
