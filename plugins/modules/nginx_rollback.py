#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_rollback
short_description: Make a former release of nginx live again
version_added: 1.0.0
description:
  - Goes back to a release of M(peerlb.stack.nginx_release) that is still on the disk, with its
    files and its image.
  - The weights and states that were set at run time stay as they are in live pools, which nginx
    follows without a reload, also in those that become live by it. Those of the other pools are
    part of a release, and go back with it.
  - The former release is tested and confirmed like any other. If it does not come up, the present
    one stays live.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
  - peerlb.stack.balancer
options:
  release:
    description:
      - The id of the release, or how it begins. Empty means the release that was live before the
        present one.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Go back to what was live before
  peerlb.stack.nginx_rollback:
    operator: ada
    reason: the new version answers 500

- name: Go back to a release by its id
  peerlb.stack.nginx_rollback:
    release: 3f9a1c52be07
"""

RETURN = r"""
release:
  description: The id of the release that is live now; in check mode, of the one that would be.
  returned: success
  type: str
  sample: 0d44e1a97c31
previous:
  description: The id of the release that was live before the module ran.
  returned: success
  type: str
  sample: 3f9a1c52be07
differences:
  description: A sentence for each weight or state that differs from the inventory of the release.
  returned: success
  type: list
  elements: str
  sample:
    - "pool webapp, member web1: weight is 3, the inventory says 1 (set by ada at …)"
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.balancer_module import COMMON_SPEC, ERRORS, BalancerModule
from ..module_utils._balancer.inputs import Inputs

if t.TYPE_CHECKING:
    from ..module_utils._balancer.nginx_release import NginxRelease

ARGUMENT_SPEC = {**COMMON_SPEC, "release": {"type": "str", "default": ""}}


def run(module: AnsibleModule) -> dict:
    """Make the release live, and return the module's result; one of ERRORS says why it failed."""
    balancer = BalancerModule.of(module)
    with balancer.locked():
        former = balancer.store.former(module.params["release"])
        present, before = balancer.inputs_if_any(), balancer.live.overrides()
        inputs = Inputs.of(t.cast("NginxRelease", former), before).carrying(present)
        inputs.effective_pools()  # a PoolError says that what operators have set leaves nobody
        try:
            if not (module.check_mode or module.params["test_only"]):
                balancer.live.begin(inputs, present)
            result = balancer.carry_out(former)
        except ERRORS:
            balancer.live.set(before)
            raise
        return {**result, "differences": inputs.differences()}


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
