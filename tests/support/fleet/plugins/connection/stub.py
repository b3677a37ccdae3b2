# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what Ansible sends to a host, and answer it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stub
short_description: Answer as a host would, without one
description: Modules are not executed. What they would return comes from support.fleet.answers.
author: the authors of peerlb.stack
extends_documentation_fragment: connection_pipelining
options:
  path:
    description: The directory of the fleet.
    required: true
    env: [{name: FLEET}]
  host:
    description: The name of the host in the inventory.
    vars: [{name: inventory_hostname}]
"""

import ast
import json
import re
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase
from support.fleet.answers import Disk, answer

# As AnsiballZ of ansible-core 2.18, and as that of 2.19 to 2.21, writes them.
MODULE = re.compile(rb"(?:mod_name|module_fqn)='([\w.]+)'")
PARAMS = re.compile(rb"^(?:    ANSIBALLZ_PARAMS = |params=)(['\"].*['\"]),?$", re.MULTILINE)
TEMPORARY = re.compile(r"ansible-tmp-[\d.-]+")


class Connection(ConnectionBase):
    transport = "stub"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def exec_command(
        self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
    ) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        if in_data and (found := MODULE.search(in_data)):
            return 0, json.dumps(self._run(found[1].decode(), in_data)).encode(), b""
        # Else it is one of the commands by which a directory for a file is made and removed.
        name = TEMPORARY.search(cmd)
        return 0, f"{name[0]}=/tmp/{name[0]}\n".encode() if name else b"/root\n", b""

    def _run(self, name: str, payload: bytes) -> dict[str, t.Any]:
        """Return the result of the module in a payload."""
        found = PARAMS.search(payload)
        if not found:
            raise AnsibleError(f"no parameters of {name} were found in what AnsiballZ made")
        module = name.rpartition(".")[2]
        sent = json.loads(ast.literal_eval(found[1].decode()))["ANSIBLE_MODULE_ARGS"]
        params = {key: value for key, value in sent.items() if not key.startswith("_ansible_")}
        log = Path(self.get_option("path")) / "asked"
        if log.is_dir():
            with (log / self.get_option("host")).open("a") as file:
                file.write(json.dumps([module, params]) + "\n")
        return answer(self._disk(), module, params)

    def _disk(self) -> Disk:
        disks = Path(self.get_option("path")) / "disks"
        return Disk(disks / self.get_option("host"), disks / "common")

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        self._disk().put(out_path, Path(in_path).read_bytes())

    def fetch_file(self, in_path: str, out_path: str) -> None:
        raise AnsibleError(f"{in_path}: the stub has no files to fetch")

    def close(self) -> None:
        self._connected = False
