#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_engine
short_description: Compare the Docker engine of a host with what is wanted, and apply its settings
version_added: 0.1.0
description:
  - Tells which packages the host lacks, compares C(daemon.json) with the wanted text, and asks the
    engine which settings it has loaded. If nothing differs, it does nothing.
  - New settings are tested by C(dockerd --validate), written, loaded and confirmed. If the engine
    does not run with them, the former settings come back and the module fails with the last lines
    of the engine's log.
  - Packages are not installed. If some are missing, the module tells so and changes nothing.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: debian
options:
  source:
    description: Where the engine comes from. V(auto) is the distribution if that has Compose v2.
    type: str
    choices: [auto, distribution, docker]
    default: auto
  distribution_packages:
    description: The packages by release of the distribution; none where it lacks Compose v2.
    type: dict
    required: true
  docker_packages:
    description: The packages of Docker's own repository.
    type: list
    elements: str
    required: true
  extra_packages:
    description: More packages.
    type: list
    elements: str
    default: []
  repository:
    description: The address of Docker's apt repository.
    type: str
    required: true
  config:
    description: The settings in C(daemon.json).
    type: dict
    required: true
  labels:
    description:
      - The two labels in O(config) of the settings that need a restart and of all settings, in this
        order.
    type: list
    elements: str
    required: true
  helper:
    description: The path of a credential helper to look for.
    type: path
    required: true
  images:
    description: Images whose digest the registry is asked for.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Compare the engine
  peerlb.stack.docker_engine:
    distribution_packages: {trixie: [docker.io, docker-cli, docker-compose]}
    docker_packages: [docker-ce]
    repository: https://download.docker.com/linux
    config: {live-restore: true, labels: [peerlb.started=1, peerlb.loaded=2]}
    labels: [peerlb.started=1, peerlb.loaded=2]
    helper: /usr/local/bin/docker-credential-peerlb-gce
    images: [nginx:1.30]
"""

RETURN = r"""
missing:
  description: The packages that the host lacks.
  returned: success
  type: list
  elements: str
  sample: [docker.io]
repository_missing:
  description: Whether the engine comes from Docker's repository and apt does not know that yet.
  returned: success
  type: bool
distribution:
  description: The distribution that the host runs.
  returned: success
  type: dict
  sample: {name: debian, release: trixie, repository: "Types: deb…"}
differs:
  description: What differs, in words.
  returned: success
  type: list
  elements: str
  sample: [daemon.json differs]
has_helper:
  description: Whether the credential helper is on the host.
  returned: success
  type: bool
images:
  description: The digest of each image that was asked for; empty if it is not known.
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

import json
import os

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._docker.daemon import Daemon, diff
from ..module_utils._docker.digests import Resolved, resolve
from ..module_utils._docker.packages import (
    Distribution,
    HostError,
    Packages,
    missing,
    repository_is_there,
    repository_text,
)
from ..module_utils._release.engine import runner

LIST = {"type": "list", "elements": "str"}
ARGUMENT_SPEC = {
    "source": {"type": "str", "default": "auto", "choices": ["auto", "distribution", "docker"]},
    "distribution_packages": {"type": "dict", "required": True},
    "docker_packages": {**LIST, "required": True},
    "extra_packages": {**LIST, "default": []},
    "repository": {"type": "str", "required": True},
    "config": {"type": "dict", "required": True},
    "labels": {**LIST, "required": True},
    "helper": {"type": "path", "required": True},
    "images": {**LIST, "default": []},
}


PACKAGES = ("source", "distribution_packages", "docker_packages", "extra_packages")


def look_at_packages(module: AnsibleModule) -> tuple[list[str], dict]:
    """Return the packages that the host lacks, and the part of the result about packages."""
    distribution = Distribution.read()
    packages = Packages(*(module.params[name] for name in PACKAGES))
    lacking = missing(runner(module.run_command), packages.wanted(distribution))
    text = repository_text(module.params["repository"], distribution)
    from_docker = packages.source_for(distribution) == "docker"
    return lacking, {
        "missing": lacking,
        "repository_missing": from_docker and not repository_is_there(text),
        "distribution": {**vars(distribution), "repository": text},
    }


def run(module: AnsibleModule) -> dict:
    """Return the module's result; a HostError says what is wrong with the host or the settings."""
    params = module.params
    lacking, about_packages = look_at_packages(module)
    # As Ansible's filter to_nice_json writes it.
    config = json.dumps(params["config"], indent=4, sort_keys=True) + "\n"
    daemon = Daemon(runner(module.run_command), config, *params["labels"])
    before = daemon.present()
    reasons = [f"the package {name} is missing" for name in lacking]
    reasons += daemon.reasons() if not lacking else []
    if reasons and not lacking and not module.check_mode:
        daemon.apply()
    resolved = Resolved() if lacking else resolve(params["images"])
    return {
        # Where packages are missing, whoever installs them reports the change, but in check mode.
        "changed": bool(reasons) and (not lacking or module.check_mode),
        "diff": diff(before, config) if before != config else {},
        "differs": reasons,
        **about_packages,
        "has_helper": os.path.exists(params["helper"]),
        "images": resolved.images,
        "unresolved": resolved.unresolved,
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except HostError as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
