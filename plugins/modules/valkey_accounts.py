#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: valkey_accounts
short_description: Make the accounts of Valkey as declared, while it runs
version_added: 1.0.0
description:
  - Writes the ACL file of Valkey, in which each password is a hash, and lets a running server read
    it. Connections stay open, and nothing is restarted.
  - An account that is not declared goes. Whoever does not log in can do nothing.
  - The module keeps two accounts of its own, whose passwords are made on the host; C(peerlb-admin),
    which may list and load accounts, and C(peerlb-health), which may send C(PING).
  - A server that refuses the file keeps its former accounts, and the former file is put back.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
  - peerlb.stack.action_group.service
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: A password is shown as C(password-1), the same one always by the same name.
  platform:
    platforms: posix
options:
  path:
    description: The directory of the service on the host.
    type: path
    default: /opt/peerlb/valkey
  container:
    description: The name of the container.
    type: str
    default: peerlb-valkey
  owner:
    description: The id of the user that the server runs as. The ACL file belongs to this user.
    type: int
    default: 0
  accounts:
    description: The accounts.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name.
        type: str
        required: true
      password:
        description: The password.
        type: str
        required: true
      keys:
        description:
          - Patterns of the keys that the account may use. By default those that begin with its name
            and a colon, such as V(shop:*).
        type: list
        elements: str
      commands:
        description:
          - Rules for commands, of which the last one that matches wins, such as V(+@read). By
            default reading, writing and transactions, and nothing that scripts, blocks, endangers
            the server or shows keys of others.
        type: list
        elements: str
  discard:
    description:
      - Whether former passwords that are not in O(in_use) go. Otherwise each one stays valid.
    type: bool
    default: false
  in_use:
    description: The SHA-256 of passwords that clients have, as C(ansible.builtin.stat) tells it.
    type: list
    elements: str
    default: []
  operator:
    description: Who makes the change, for whoever wants to change the service meanwhile.
    type: str
    default: ansible
  lock_timeout:
    description: How many seconds to wait for another change of the same service.
    type: float
    default: 30
"""

EXAMPLES = r"""
- name: Give an application access
  peerlb.stack.valkey_accounts:
    owner: 999
    accounts:
      - name: shop
        password: "{{ shop_valkey_password }}"
"""

RETURN = r"""
former:
  description: The accounts for which a former password is valid too.
  returned: success
  type: list
  elements: str
  sample: [shop]
loaded:
  description: Whether a running server took the accounts, or would in check mode.
  returned: success
  type: bool
"""

from pathlib import Path

from ..module_utils._release.engine import Engine, ServiceError, runner
from ..module_utils._release.quiet import QuietModule
from ..module_utils._release.store import Store, StoreError
from ..module_utils._valkey.acl import AclError
from ..module_utils._valkey.change import Change, Everything
from ..module_utils._valkey.server import Server

WORDS = {"type": "list", "elements": "str"}
ACCOUNT = {
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "keys": {**WORDS, "no_log": False},
    "commands": WORDS,
}
ARGUMENT_SPEC = {
    "path": {"type": "path", "default": "/opt/peerlb/valkey"},
    "container": {"type": "str", "default": "peerlb-valkey"},
    "owner": {"type": "int", "default": 0},
    "accounts": {"type": "list", "elements": "dict", "default": [], "options": ACCOUNT},
    "discard": {"type": "bool", "default": False},
    "in_use": {"type": "list", "elements": "str", "default": []},
    "operator": {"type": "str", "default": "ansible"},
    "lock_timeout": {"type": "float", "default": 30},
}


def run(module: QuietModule) -> dict:
    """Make the accounts as declared, and return the module's result."""
    params, engine = module.params, Engine(runner(module.run_command))
    server = Server(engine, Path(params["path"]), params["container"], params["owner"])
    kept = set(params["in_use"]) if params["discard"] else Everything()
    store, wait = Store(params["path"], mode=0o700), params["lock_timeout"]
    with store.lock(params["operator"], needed=not module.check_mode, wait=wait):
        change = Change.look(server, params["accounts"], kept)
        if change.changed and not module.check_mode:
            change.apply()
    loaded = change.changed and change.live is not None
    told = {"former": change.former(), "loaded": loaded}
    return {"changed": change.changed, "diff": change.diff(), **told}


def main() -> None:
    """Run the module."""
    module = QuietModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        result = run(module)
    except (AclError, ServiceError, StoreError, OSError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
