#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_firewall
short_description: Compare a host's own firewall, and apply what cannot lock Ansible out
version_added: 1.0.0
description:
  - Manages the table C(inet peerlb) of nftables and the service that loads it when the host boots.
  - New rules may lock Ansible out, so this module does not load them. It tells that they need a
    trial, and does nothing else then. The role P(peerlb.stack.firewall#role) carries out the
    trial and calls the module again.
  - The module undoes rules that an interrupted run left on trial. A trial of another run is waited
    for.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
    details: Predicts C(changed) and C(diff) without writing anything, and counts rules that need a
      trial as a change.
  diff_mode:
    support: full
  platform:
    platforms: posix
options:
  enabled:
    description: Whether the host has the firewall. If not, the module removes it.
    type: bool
    default: true
  rules:
    description: A file for C(nft --file). Required if the firewall is enabled.
    type: str
    default: ""
  trusted_interfaces:
    description:
      - The list of the interfaces that the rules do not filter. A C(*) at the end stands for any
        characters.
      - The module refuses an interface of the host's default route.
    type: raw
    default: []
  undo_after:
    description: How many seconds a trial lasts, at least V(5).
    type: int
    default: 30
  directory:
    description: The directory of the rules.
    type: path
    default: /opt/peerlb/firewall
  units:
    description: The text of each file for systemd by its path. The service is C(peerlb-firewall).
    type: dict
    default: {}
  host:
    description: The name of the host in messages.
    type: str
    default: this host
  lock_timeout:
    description:
      - For how many seconds to wait for another run, or for its trial, which ends by itself after
        its O(undo_after). A run that still has to wait for another one is refused, with the name of
        who makes the other one. A trial that is still going on then counts as interrupted.
    type: float
    default: 30
  operator:
    description: Who makes the change. Another run that has to wait is told this name.
    type: str
    default: ansible
"""

EXAMPLES = r"""
- name: Remove the firewall
  peerlb.stack.host_firewall:
    enabled: false
  become: true
"""

RETURN = r"""
trial:
  description: Whether the rules need a trial now. Always V(false) in check mode.
  returned: success
  type: bool
  sample: false
cut:
  description:
    - What listens on the host and is let in by no rule, if the rules are to be loaded now. It is
      meant to be shown; whether it needs a rule of its own is for people to say.
  returned: success
  type: list
  elements: str
  sample: ["udp 0.0.0.0:161 (snmpd)", protocol 112 (keepalived)]
missing:
  description: Whether the host has no program C(nft).
  returned: success
  type: bool
  sample: false
"""

import contextlib
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._host_firewall.firewall import Firewall, FirewallError
from ..module_utils._host_firewall.refusals import problem
from ..module_utils._path.cut import cut
from ..module_utils._release.lock import locked

ARGUMENT_SPEC = {
    "enabled": {"type": "bool", "default": True},
    "rules": {"type": "str", "default": ""},
    "trusted_interfaces": {"type": "raw", "default": []},
    "undo_after": {"type": "int", "default": 30},
    "directory": {"type": "path", "default": "/opt/peerlb/firewall"},
    "units": {"type": "dict", "default": {}},
    "host": {"type": "str", "default": "this host"},
    "lock_timeout": {"type": "float", "default": 30},
    "operator": {"type": "str", "default": "ansible"},
}
# A host without the firewall has no directory for a lock of its own. /run is emptied at boot.
LOCK = Path("/run/lock/peerlb-firewall.lock")


def refuse(params: dict[str, t.Any], firewall: Firewall) -> None:
    """Raise a FirewallError if the rules filter nothing or cannot be undone."""
    rules, trusted = params["rules"], params["trusted_interfaces"]
    reason = problem(rules, params["undo_after"], trusted, firewall.ways(), params["host"])
    if reason:
        raise FirewallError(reason)


def run(params: dict[str, t.Any], firewall: Firewall, *, check: bool) -> dict[str, t.Any]:
    """Compare, apply what needs no trial, and return the module's result."""
    if params["enabled"]:
        refuse(params, firewall)
    table, services = firewall.lists(), firewall.services()
    wanted = firewall.wanted(params["rules"]) if params["enabled"] else firewall.absent()
    present = firewall.present(wanted, table, services)
    interrupted = firewall.on_trial(services)
    rules = str(firewall.directory / "rules.nft")
    differ = interrupted or not present.live or present.files[rules] != wanted.files[rules]
    trial = params["enabled"] and differ and not check
    diff = present.diff(wanted)
    changed = bool(diff) or bool(table and not params["enabled"]) or interrupted
    if not check:
        if interrupted:
            firewall.undo()
        if trial:
            firewall.make_directory()
        elif params["enabled"]:
            firewall.load_at_boot(present)
        else:
            firewall.remove(present, table)
    result = {"changed": changed, "diff": diff, "trial": trial, "missing": table is None}
    return {**result, "cut": cut(params["rules"]) if params["enabled"] and differ else []}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)

    def on_host(command: list[str]) -> tuple[int, str, str]:
        try:
            return module.run_command(
                command,
                handle_exceptions=False,
                errors="replace",
                environ_update={"LC_ALL": "C"},
            )
        except OSError as exc:  # a program that this host does not have
            return 127, "", str(exc)

    params = module.params
    firewall = Firewall(on_host, Path(params["directory"]), params["units"])
    seconds = params["lock_timeout"]
    turn = locked(LOCK, params["operator"], seconds, "this firewall")
    try:
        with contextlib.nullcontext() if module.check_mode else turn:
            firewall.await_trial(0 if module.check_mode else seconds)
            result = run(params, firewall, check=module.check_mode)
    except (FirewallError, OSError) as exc:
        module.fail_json(msg=str(exc))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
