#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_rollback
short_description: Make a former release of a service live again
version_added: 1.0.0
description:
  - Makes a release live that is kept on the disk, with the image, the files and the secrets that it
    had. It is tested, started and confirmed as M(peerlb.stack.service_release) does it.
  - What lives inside of the service, such as the rows of a database, stays as it is.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.service
  - peerlb.stack.service_change
options:
  release:
    description:
      - How the id of the release begins. If empty, the release that was live before the present one
        is chosen.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Go back to the application's former release
  peerlb.stack.service_rollback:
    service: webapp
    reason: the new version is slow
"""

RETURN = r"""
release:
  description: The id of the release that is live now.
  returned: success
  type: str
  sample: 0d44e1a97c31
previous:
  description: The id of the release that was live before.
  returned: success
  type: str
  sample: 3f9a1c52be07
image:
  description: The image of the release.
  returned: success
  type: str
  sample: peerlb-webapp:1.0.0-3f9a1c52be07
health:
  description: How the release is asked, for O(peerlb.stack.nginx_member#module:health).
  returned: success
  type: dict
  sample: {path: /healthz, host: "", statuses: [200]}
differs:
  description: What differs between both, in words.
  returned: success
  type: list
  elements: str
  sample: [compose.yml differs]
"""

from ..module_utils._release.quiet import QuietModule
from ..module_utils._release.service_module import COMMON_SPEC, ERRORS, ServiceModule

ARGUMENT_SPEC = {**COMMON_SPEC, "release": {"type": "str", "default": ""}}


def run(module: QuietModule) -> dict:
    """Make the release live, and return the module's result; one of ERRORS says why it failed."""
    service = ServiceModule.of(module)
    with service.locked():
        return service.carry_out(service.store.former(module.params["release"]))


def main() -> None:
    """Run the module."""
    module = QuietModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
