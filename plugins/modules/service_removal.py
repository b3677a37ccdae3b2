#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_removal
short_description: Remove from a host what a service has put there
version_added: 1.0.0
description:
  - Stops and removes the container, and removes the units of systemd, the releases with their
    secrets, and the images. This works for the releases of M(peerlb.stack.nginx_release) too, whose
    O(service) is V(nginx).
  - Volumes, directories and first passwords are data. They stay, unless O(data) is V(delete).
  - The engine and its packages stay.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.service
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  service:
    description:
      - The name of the service, such as V(webapp). Its container is named C(peerlb-webapp).
    type: str
    required: true
  path:
    description: The directory of the releases; by default C(/opt/peerlb/) with the service's name.
    type: path
  data:
    description: What becomes of the data of the service.
    type: str
    choices: [keep, delete]
    default: keep
  operator:
    description: Who removes it, for whoever wants to change the service meanwhile.
    type: str
    default: ansible
"""

EXAMPLES = r"""
- name: Remove the application
  peerlb.stack.service_removal:
    service: webapp
"""

RETURN = r"""
goes:
  description: What was removed, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [the container peerlb-webapp, /opt/peerlb/webapp/releases]
stays:
  description: The data that stays.
  returned: success
  type: list
  elements: str
  sample: [the volume peerlb-mysql-data]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._release.engine import Engine, runner
from ..module_utils._release.removal import Removal, told
from ..module_utils._release.service_module import ERRORS, PLACE_SPEC, store_of

ARGUMENT_SPEC = {
    **PLACE_SPEC,
    "data": {"type": "str", "choices": ["keep", "delete"], "default": "keep"},
    "operator": {"type": "str", "default": "ansible"},
}


def run(module: AnsibleModule) -> dict:
    """Remove the service, and return the module's result; one of ERRORS says why it failed."""
    params = module.params
    engine, store = Engine(runner(module.run_command)), store_of(params)
    delete = params["data"] == "delete"
    removal = Removal.look(engine, store, params["service"], delete_data=delete)
    result = told(removal)
    if result["changed"] and not module.check_mode:
        with store.lock(params["operator"]):
            removal.apply()
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
