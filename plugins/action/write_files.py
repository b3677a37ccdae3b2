# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write files on the controller, in the process that runs the task. The module documents it."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    """The action, for Ansible. No module is started: that would take longer than the writing."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("files",))

    def run(self, tmp: str | None = None, task_vars: t.Any = None) -> dict[str, t.Any]:
        """Write the files, but in check mode; return their paths."""
        result = super().run(tmp, task_vars)
        files = self._task.args.get("files")
        if not isinstance(files, t.Mapping):
            raise AnsibleActionFail("files: right is a text by path, such as {report.html: …}")
        if not self._task.check_mode:
            for path, text in files.items():
                write(Path(str(path)).expanduser(), str(text))
        # A report is new in each run, with its own times. It changes nothing on the hosts.
        return {**result, "changed": False, "paths": [str(path) for path in files]}


def write(path: Path, text: str) -> None:
    """Write a text in one step, and make the directory; an AnsibleActionFail says why not."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o640)  # addresses and rules are not for everybody
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as exc:
        raise AnsibleActionFail(f"cannot write {path}: {exc.strerror}") from exc
