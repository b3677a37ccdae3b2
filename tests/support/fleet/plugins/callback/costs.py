# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Note the processor time of the controller at the start of each task."""

from __future__ import annotations

DOCUMENTATION = r"""
name: costs
type: aggregate
short_description: Note what each task costs the controller
description: Each task appends a line to the file "costs" of the fleet. The line holds the seconds
  of processor time that this process and its ended workers have used so far, and the names of the
  play and of the task.
author: the authors of peerlb.stack
options:
  path:
    description: The directory of the fleet.
    required: true
    env: [{name: FLEET}]
"""

import json
import multiprocessing
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """Ansible calls this at the start of each play and task."""

    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "costs"
    play = ""

    def _note(self, task: str) -> None:
        # A worker's time counts only after its process has ended, which is later than its result.
        for worker in multiprocessing.active_children():
            worker.join(1)
        seconds = sum(os.times()[:4])
        with (Path(self.get_option("path")) / "costs").open("a") as file:
            file.write(json.dumps([seconds, self.play, task]) + "\n")

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """Remember the play's name."""
        self.play = play.get_name()

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        """Note the time at the start of a task."""
        self._note(task.get_name())

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        """Note the time at the start of a handler."""
        self._note(task.get_name())

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        """Note the time at the end of the last task."""
        self._note("end")
