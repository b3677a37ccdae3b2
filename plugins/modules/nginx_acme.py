#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_acme
short_description: Let a load balancer have its certificates by ACME
version_added: 1.0.0
description:
  - Starts the unit C(peerlb-certificates) on the load balancer if a certificate is not there yet,
    and waits until it has asked the CA. Later the unit's timer renews each certificate without
    Ansible.
  - Fails in the CA's own words if a certificate could not be had. nginx then serves what it had
    before. Run it again to try again.
  - A CA counts refusals, so one that has refused is not asked again before an hour, and after
    further refusals before a day. Other O(settings) are asked for at once.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.nginx
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  path:
    description: The directory of the Compose project, as for M(peerlb.stack.nginx_release).
    type: path
    default: /opt/peerlb/nginx_lb
  settings:
    description:
      - What is asked of the CA, as the filter P(peerlb.stack.acme_settings#filter) returns it, and
        as the live release has it in its secret C(acme.json). Leave out the external account here.
    type: dict
    required: true
  retry:
    description: Whether to ask a CA that has refused at once.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask the CA for what is missing
  peerlb.stack.nginx_acme:
    settings: "{{ ca | peerlb.stack.acme_settings(certificates) }}"
  vars:
    ca: {directory: "https://acme.example/dir"}
    certificates:
      - {name: shop, names: [shop.example], source: acme}
"""

RETURN = r"""
asked:
  description: The certificates that were missing before the module ran.
  returned: success
  type: list
  elements: str
  sample: [shop]
certificates:
  description: What became of the last attempt for each certificate, by its name.
  returned: always
  type: dict
  sample:
    shop: {attempted: "2026-01-01T10:00:00Z", succeeded: "2026-01-01T10:00:12Z", result: issued}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._acme import pending
from ..module_utils._acme.wanted import AcmeError, Wanted

ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/opt/peerlb/nginx_lb"},
    "settings": {"type": "dict", "required": True},
    "retry": {"type": "bool", "default": False},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    root = Path(module.params["path"]) / "nginx"
    try:
        wanted = Wanted.parse(module.params["settings"])
    except AcmeError as exc:
        module.fail_json(msg=str(exc))
    asked = pending.missing(root, wanted)
    if asked and not module.check_mode:
        if module.params["retry"]:
            pending.forget_refusals(root, asked)
        module.run_command(["systemctl", "start", pending.UNIT])
    left = [] if module.check_mode else pending.missing(root, wanted)
    certificates = pending.shown(root, wanted)
    if left:
        module.fail_json(msg="\n".join(pending.failures(root, left)), certificates=certificates)
    module.exit_json(changed=bool(asked), asked=asked, certificates=certificates)


if __name__ == "__main__":
    main()
