#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_release_info
short_description: Tell which release of a service is live, and what really runs
version_added: 1.0.0
description:
  - Reads the release that is live on the disk, the container that runs, and the history. This works
    for the releases of M(peerlb.stack.nginx_release) too, whose O(service) is V(nginx).
  - No secret is part of the result.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.service
  - peerlb.stack.reader
options:
  service:
    description:
      - The name of the service, such as V(webapp). Its container is named C(peerlb-webapp).
    type: str
    required: true
  path:
    description: The directory of the releases; by default C(/opt/peerlb/) with the service's name.
    type: path
"""

EXAMPLES = r"""
- name: Ask what the application is
  peerlb.stack.service_release_info:
    service: webapp
  register: application
"""

RETURN = r"""
release:
  description: The id of the release that is live on the disk; empty if there is none.
  returned: success
  type: str
  sample: 3f9a1c52be07
image:
  description: The image that the release asks for.
  returned: success
  type: str
  sample: mysql@sha256:0f3c…
requested:
  description: The image as the inventory names it.
  returned: success
  type: str
  sample: mysql:9.7
running:
  description: The state of the container, the id of its image, and since when it runs.
  returned: success
  type: dict
  sample: {state: running, health: healthy, image: sha256:5ef0…, since: "2026-01-01T10:00:00Z"}
differs:
  description: Why what runs is not the live release; empty if it is.
  returned: success
  type: list
  elements: str
  sample: [peerlb-mysql is exited]
volumes:
  description: The named volumes of the container, which no release removes.
  returned: success
  type: list
  elements: str
  sample: [peerlb-mysql-data]
history:
  description:
    - Which release went live when, by whom and why; the newest is last. C(by) is the operator that
      the caller named, C(login) the user who had logged in to this host. Lines of an earlier
      version have no C(login).
    - Changes of weights and states that nginx followed without a release are among the lines, with
      the C(change) in words and the C(id) of the release that was live.
  returned: success
  type: list
  elements: dict
kept:
  description: The ids of the releases on the disk, to which a rollback is possible.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._balancer.health import with_changes
from ..module_utils._balancer.live import LiveSettings
from ..module_utils._release.service_module import ERRORS, PLACE_SPEC, ServiceModule
from ..module_utils._release.specification import Specification


def running(record: t.Mapping[str, t.Any]) -> dict:
    """Return what is told of a container: {"state": "running", …}; {} if there is none."""
    if not record:
        return {}
    state = record["State"]
    return {
        "state": state["Status"],
        "health": (state.get("Health") or {}).get("Status", ""),
        "image": record["Image"],
        "since": state.get("StartedAt", ""),
    }


def run(module: AnsibleModule) -> dict:
    """Return the module's result; one of ERRORS says why the service cannot be looked at."""
    service = ServiceModule.of(module)
    present = service.store.present()
    spec = Specification.of(present) if present else None
    look = service.service.look(service.store, present) if present and spec else None
    record = service.service.engine.inspect(f"peerlb-{module.params['service']}")[0] or {}
    mounts = [each for each in record.get("Mounts") or [] if each.get("Type") == "volume"]
    return {
        "changed": False,
        "release": (service.store.current_id() or "") if present else "",
        "image": spec.image if spec else record.get("Config", {}).get("Image", ""),
        "requested": spec.requested if spec else "",
        "running": running(record),
        "differs": list(look.reasons) if look else [],
        "volumes": sorted(each["Name"] for each in mounts),
        "history": with_changes(service.store.history(), LiveSettings(service.store, 0).changes()),
        "kept": service.store.kept(),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=PLACE_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except ERRORS as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
