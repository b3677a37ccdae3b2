# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection without a host: reads what Ansible sends, and answers as a host would."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stub
short_description: Answer as a host would, without a host
description: Modules are not executed. Their results come from support.fleet.answers.
author: the authors of peerlb.stack
extends_documentation_fragment: connection_pipelining
options:
  path:
    description: The directory of the fleet.
    required: true
    env: [{name: FLEET}]
  host:
    description: The name of the host in the inventory, also where the task is delegated to another.
    vars: [{name: inventory_hostname}]
  address:
    description: The address of the host that is connected to.
    vars: [{name: ansible_host}]
"""

import ast
import json
import re
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase
from support.fleet.answers import Disk, answer

# The forms in which AnsiballZ of ansible-core 2.18, and of 2.19 to 2.21, writes them.
MODULE = re.compile(rb"(?:mod_name|module_fqn)='([\w.]+)'")
PARAMS = re.compile(rb"^(?:    ANSIBALLZ_PARAMS = |params=)(['\"].*['\"]),?$", re.MULTILINE)
TEMPORARY = re.compile(r"ansible-tmp-[\d.-]+")


class Connection(ConnectionBase):
    """The connection plugin."""

    transport = "stub"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(
        self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
    ) -> tuple[int, bytes, bytes]:
        """Return exit code, stdout and stderr of a command, which may be a module's payload."""
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        if in_data and (found := MODULE.search(in_data)):
            return 0, json.dumps(self._run(found[1].decode(), in_data)).encode(), b""
        # All other commands create or remove a temporary directory for a file.
        name = TEMPORARY.search(cmd)
        return 0, f"{name[0]}=/tmp/{name[0]}\n".encode() if name else b"/root\n", b""

    def _run(self, name: str, payload: bytes) -> dict[str, t.Any]:
        """Return the result of the module in a payload. Record the call if the fleet wants it."""
        found = PARAMS.search(payload)
        if not found:
            raise AnsibleError(f"the payload of {name} has no parameters in a known form")
        module = name.rpartition(".")[2]
        sent = json.loads(ast.literal_eval(found[1].decode()))["ANSIBLE_MODULE_ARGS"]
        params = {key: value for key, value in sent.items() if not key.startswith("_ansible_")}
        log = Path(self.get_option("path")) / "asked"
        if log.is_dir():
            with (log / self.get_option("host")).open("a") as file:
                file.write(json.dumps([module, params, self.get_option("address")]) + "\n")
        return answer(self._disk(), module, params)

    def _disk(self) -> Disk:
        disks = Path(self.get_option("path")) / "disks"
        return Disk(disks / self.get_option("host"), disks / "common")

    def put_file(self, in_path: str, out_path: str) -> None:
        """Store a file for the module that will move it."""
        super().put_file(in_path, out_path)
        self._disk().put(out_path, Path(in_path).read_bytes())

    def fetch_file(self, in_path: str, out_path: str) -> None:
        """Raise AnsibleError, because a stub has no files to fetch."""
        raise AnsibleError(f"{in_path}: the stub has no files to fetch")

    def close(self) -> None:
        """Mark the connection as closed."""
        self._connected = False
