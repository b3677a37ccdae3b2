#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_engine
short_description: Compare the Docker engine of a host with what is wanted, and apply its settings
version_added: 1.0.0
description:
  - Tells which packages the host lacks, compares C(daemon.json) with the wanted text, and asks the
    engine which settings it has loaded. If nothing differs, it does nothing.
  - New settings are tested by C(dockerd --validate), written, loaded and confirmed. If the engine
    does not run with them, the former settings come back and the module fails with the last lines
    of the engine's log.
  - Packages are not installed. If some are missing, the module tells so and changes nothing.
  - The module looks first at what is on the host already. An engine of another origin is used as
    it is if it has Compose v2, and settings that somebody else wrote into C(daemon.json) stay. What
    stands in the way is told in RV(problems), all at once, and nothing is changed then.
  - If somebody has flushed Docker's own firewall rules, the module restarts the engine, which
    writes them anew.
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
  fingerprint:
    description: The fingerprint of the key that signs O(repository). Empty accepts any key.
    type: str
    default: ""
  add_repository:
    description:
      - Whether to fetch the key of O(repository), compare it with O(fingerprint), and let apt know
        both, if the engine comes from there and apt does not know it yet.
    type: bool
    default: false
  directory:
    description:
      - The directory of the note about settings that somebody else wrote into C(daemon.json), and
        of the lock that one run holds. Without it there is neither.
    type: path
  late_addresses:
    description:
      - Whether containers start even if the address at which they are published comes after the
        engine. The kernel then lets programs bind to an address that the host does not have
        (C(net.ipv4.ip_nonlocal_bind)).
    type: bool
    default: false
  ports:
    description: The ports that the stack will use on the host. Nobody else may hold one.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: The address of the host; V(0.0.0.0) is every address.
        type: str
        required: true
      port:
        description: The TCP port.
        type: int
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
    ports:
      - {address: 10.1.0.2, port: 3000}
    images: [nginx:1.30]
"""

RETURN = r"""
problems:
  description: What stands in the way on this host. Nothing is changed if there is anything.
  returned: success
  type: list
  elements: str
  sample: ["0.0.0.0:80 is held by nginx (nginx.service): stop it, or declare another port"]
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

import contextlib
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url

from ..module_utils._docker.daemon import Daemon
from ..module_utils._docker.digests import Resolved, resolve
from ..module_utils._docker.host import EngineHost
from ..module_utils._docker.packages import Distribution, HostError, add_repository
from ..module_utils._docker.rules import containers
from ..module_utils._path.ports import foreign_containers, taken
from ..module_utils._release.engine import runner
from ..module_utils._release.store import Store, StoreError

LIST = {"type": "list", "elements": "str"}
PORT = {"address": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}
ARGUMENT_SPEC = {
    "source": {"type": "str", "default": "auto", "choices": ["auto", "distribution", "docker"]},
    "distribution_packages": {"type": "dict", "required": True},
    "docker_packages": {**LIST, "required": True},
    "extra_packages": {**LIST, "default": []},
    "repository": {"type": "str", "required": True},
    "config": {"type": "dict", "required": True},
    "labels": {**LIST, "required": True},
    "helper": {"type": "path", "required": True},
    "fingerprint": {"type": "str", "default": ""},
    "add_repository": {"type": "bool", "default": False},
    "directory": {"type": "path"},
    "late_addresses": {"type": "bool", "default": False},
    "ports": {"type": "list", "elements": "dict", "default": [], "options": PORT},
    "images": {**LIST, "default": []},
}
NOTE = "daemon.json"  # the settings of somebody else, in the module's directory


@contextlib.contextmanager
def noted(params: dict, *, write: bool) -> t.Iterator[Store | None]:
    """Within a `with` block, hold the host's lock; yield where notes are kept, if they are."""
    if not params["directory"]:
        yield None
        return
    store = Store(params["directory"], mode=0o700)
    try:
        with store.lock("the role docker", needed=write):
            yield store
    except StoreError as exc:
        raise HostError(str(exc)) from exc


def run(module: AnsibleModule) -> dict:
    """Return the module's result; a HostError says what is wrong with the host or the settings."""
    params, on_host = module.params, runner(module.run_command)
    with noted(params, write=not module.check_mode) as store:
        records = containers(on_host)
        around = foreign_containers(records) + taken(params["ports"], records)
        note = store.noted(NOTE) if store else None
        former = Daemon(on_host, "", "", "").present()
        host = EngineHost.look(params, on_host, former, note, records).beside(around)
        result = host.result()
        if not (host.problems or module.check_mode):
            if result["repository_missing"] and params["add_repository"]:
                add_repository(open_url, params, Distribution.read())
            if store and host.settings.foreign and not host.lacking:
                store.note(NOTE, host.settings.found)
            host.apply()
    known = Resolved() if host.lacking or host.problems else resolve(params["images"])
    # Where packages are missing, whoever installs them reports the change, but in check mode.
    changed = result["differs"] and not host.problems and (not host.lacking or module.check_mode)
    helper = os.path.exists(params["helper"])
    return {**result, **vars(known), "changed": bool(changed), "has_helper": helper}


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
