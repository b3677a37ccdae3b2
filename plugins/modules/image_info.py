#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_info
short_description: Ask registries which digest images have now
version_added: 1.0.0
description:
  - Asks the Docker engine of the host, which asks its mirrors and the registry. Nothing is pulled.
  - Root's own logins on the host are used.
  - A registry that does not answer is no failure. The digest is empty then.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.reader
options:
  names:
    description: The images, such as V(nginx:1.30).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Ask which images the tags mean
  peerlb.stack.image_info:
    names: [nginx:1.30, mysql:9.7]
  register: images
"""

RETURN = r"""
images:
  description: The digest of each image; empty if it is not known.
  returned: success
  type: dict
  sample: {"nginx:1.30": "sha256:0f3c…"}
unresolved:
  description: Why digests are not known.
  returned: success
  type: list
  elements: str
  sample: ["shop:1: manifest unknown"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._docker.digests import resolve

ARGUMENT_SPEC = {"names": {"type": "list", "elements": "str", "required": True}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    found = resolve(module.params["names"])
    module.exit_json(changed=False, images=found.images, unresolved=found.unresolved)


if __name__ == "__main__":
    main()
