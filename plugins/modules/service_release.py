#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_release
short_description: Make a release of a service live, or leave what ran before
version_added: 1.0.0
description:
  - A release is the whole of what a service is on a host; its Compose project, its files, its
    secrets and its image. It is a directory that nobody changes, and its name is a hash of its
    content.
  - The module compares the wanted release with the one on the disk and with the container that
    really runs. If nothing differs, it does nothing.
  - Otherwise it gets the image, tests the release with that image, points the link C(current) to
    the release, starts the container, and probes the service at its published address. If the
    service does not answer, what ran before is started again and the module fails with the last
    lines that the service wrote.
  - Volumes are never removed.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.service
  - peerlb.stack.service_change
options:
  owner:
    description: The id of the user who owns the files of secrets, and as whom the container runs.
    type: int
    default: 0
  compose:
    description:
      - The Compose project as data. It has a service whose name is O(service). The module fills in
        the project's name, the container's name and the image.
      - A relative path such as C(./my.cnf) is a file of the release. A C($) stands for itself.
    type: dict
    required: true
  image:
    description:
      - The image, such as V(mysql:9.7). If O(context) is given, the image is built from that and
        this is the version in its name.
    type: str
    required: true
  digest:
    description:
      - The digest that the registry says the image has now. If empty, the digest that the host
        knows is used, and an image that is there is not looked for in the registry.
    type: str
    default: ""
  context:
    description:
      - A build context; a tar archive, gzipped, in base64. The lookup
        P(peerlb.stack.build_context#lookup) makes one.
    type: str
    default: ""
  build_arguments:
    description: The arguments of the build, by name.
    type: dict
    default: {}
  files:
    description: The text of the release's files, by path.
    type: dict
    default: {}
  secrets:
    description:
      - The text of files that only O(owner) may read, by path below C(secrets/). A diff shows that
        one changes and never what it is.
    type: dict
    default: {}
  environment:
    description:
      - Variables of the container's environment that may hold secrets, as JSON. Those that hold
        none may be in O(compose). Each value must be text.
    type: json
    default: "{}"
  test:
    description:
      - A command that tests the release. It runs in the image, without a network and with the
        release's own files mounted. Empty means that only Compose tests its file.
    type: list
    elements: str
    default: []
  series:
    description:
      - How the image tells its version. A release whose image is of another series is refused,
        because data that a new series has changed cannot go back.
    type: dict
    default: {}
    suboptions:
      command:
        description: The command that prints the version.
        type: list
        elements: str
        default: []
      pattern:
        description: A regular expression whose first group is the series.
        type: str
        default: ""
      allow:
        description: Whether to admit another series.
        type: bool
        default: false
      volume:
        description: The volume with the data. It is asked for its series if there is no container.
        type: str
        default: ""
      notes:
        description: The files in the volume that tell the version of the data, such as 9.7.4.
        type: list
        elements: str
        default: []
  first_command:
    description: A command that runs in a container of its own before the first start on this host.
    type: list
    elements: str
    default: []
  directories:
    description:
      - Names of directories below O(path) that the container writes to, such as V(run). They belong
        to O(owner) and are no part of a release.
    type: list
    elements: str
    default: []
  passwords:
    description:
      - Names of files below O(path) with a random password that only O(owner) may read. Each is
        made once, and is no part of a release.
    type: list
    elements: str
    default: []
  obsolete:
    description:
      - Names of files and directories below O(path) that a former version has left. They are
        removed once a release is live.
    type: list
    elements: str
    default: []
  health:
    description: Where the service has to answer. If empty, only Docker is asked.
    type: dict
    default: {}
    suboptions:
      protocol:
        description: What the probe speaks.
        type: str
        choices: [http, mysql, redis, tcp]
        default: tcp
      address:
        description: The published address.
        type: str
        default: ""
      port:
        description: The published port.
        type: int
        default: 0
      path:
        description: What is asked for, if the protocol is V(http).
        type: str
        default: /
      host:
        description: The name by which the service is asked. Empty means its address and port.
        type: str
        default: ""
      statuses:
        description: The answers that are good. Empty means any.
        type: list
        elements: int
        default: []
  ready_path:
    description:
      - What is asked for at O(health) to learn whether the service reaches what it depends on, such
        as its database. If what ran before gave a good answer, the release has to as well.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Run a web application
  peerlb.stack.service_release:
    service: webapp
    image: registry.example/shop:1.4
    compose:
      services:
        webapp:
          ports: ["10.1.0.2:3000:8000"]
          restart: always
    environment: "{{ {'DATABASE_PASSWORD': database_password} | to_json }}"
    health: {protocol: http, address: 10.1.0.2, port: 3000, path: /healthz, statuses: [200]}
"""

RETURN = r"""
release:
  description: The id of the release that is live now; in check mode, of the one that would be.
  returned: success
  type: str
  sample: 3f9a1c52be07
previous:
  description: The id of the release that was live before the module ran; empty if none was.
  returned: success
  type: str
  sample: 0d44e1a97c31
image:
  description: The image by its digest, or by the name that follows from what it is built from.
  returned: success
  type: str
  sample: mysql@sha256:0f3c…
health:
  description: How the release is asked, for O(peerlb.stack.nginx_member#module:health).
  returned: success
  type: dict
  sample: {path: /healthz, host: "", statuses: [200]}
differs:
  description: What differs, in words; empty if nothing does. With O(test_only) as well.
  returned: success
  type: list
  elements: str
  sample: [my.cnf differs, "peerlb-mysql is replaced: it was created from release 0d44e1a97c31"]
effect:
  description:
    - What becomes of the container. V(create) means that there is none yet, V(replace) that a new
      one takes its place, V(start) that it is stopped and starts again, V(keep) that it stays.
    - In check mode and with O(test_only) it says what would become of it.
  returned: success
  type: str
  sample: replace
"""

from ..module_utils._release.quiet import QuietModule
from ..module_utils._release.service_module import COMMON_SPEC, ERRORS, ServiceModule
from ..module_utils._release.wanted import wanted_release

LIST = {"type": "list", "elements": "str", "default": []}
TEXT = {"type": "str", "default": ""}
PROBED = ["http", "mysql", "redis", "tcp"]
ARGUMENT_SPEC = {
    **COMMON_SPEC,
    "owner": {"type": "int", "default": 0},
    "compose": {"type": "dict", "required": True},
    "image": {"type": "str", "required": True},
    "digest": TEXT,
    "context": TEXT,
    "build_arguments": {"type": "dict", "default": {}},
    "files": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "environment": {"type": "json", "default": "{}", "no_log": True},
    "test": LIST,
    "series": {
        "type": "dict",
        "default": {},
        "options": {
            "command": LIST,
            "pattern": TEXT,
            "allow": {"type": "bool", "default": False},
            "volume": TEXT,
            "notes": LIST,
        },
    },
    "first_command": LIST,
    "directories": LIST,
    "passwords": {**LIST, "no_log": False},
    "obsolete": LIST,
    "health": {
        "type": "dict",
        "default": {},
        "options": {
            "protocol": {"type": "str", "default": "tcp", "choices": PROBED},
            "address": TEXT,
            "port": {"type": "int", "default": 0},
            "path": {"type": "str", "default": "/"},
            "host": TEXT,
            "statuses": {"type": "list", "elements": "int", "default": []},
        },
    },
    "ready_path": TEXT,
}


def run(module: QuietModule) -> dict:
    """Make the release live, and return the module's result; one of ERRORS says why it failed."""
    service = ServiceModule.of(module)
    with service.locked():
        return service.carry_out(wanted_release(service))


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
