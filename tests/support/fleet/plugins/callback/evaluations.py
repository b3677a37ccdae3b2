# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count how often the declaration is evaluated, in this process and in its workers."""

from __future__ import annotations

DOCUMENTATION = r"""
name: evaluations
type: aggregate
short_description: Count the evaluations of the declaration
description: Each one appends a line to the file "evaluations" of the fleet. The line is the name of
  the filter that asked for it.
author: the authors of peerlb.stack
options:
  path:
    description: The directory of the fleet.
    required: true
    env: [{name: FLEET}]
"""

import functools
import importlib
import os
import sys
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

STACK = "ansible_collections.peerlb.stack.plugins"


class CallbackModule(CallbackBase):
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "evaluations"

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Ansible calls this once, before the first task and so before the first worker."""
        super().set_options(*args, **kwargs)
        fleet = Path(self.get_option("path"))
        count((fleet / "collections/ansible_collections/peerlb/stack").resolve(), self._note)
        # Workers inherit the file. A line of this length is written at once, whoever else writes.
        self._log = os.open(fleet / "evaluations", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _note(self) -> None:
        os.write(self._log, f"{asker()}\n".encode())


def count(checkout: Path, note: t.Callable[[], t.Any]) -> None:
    """Have every evaluation noted. Raises where this is not the collection of the checkout."""
    holder, name = evaluation()
    module = sys.modules[holder.__module__ if isinstance(holder, type) else holder.__name__]
    if not Path(str(module.__file__)).resolve().is_relative_to(checkout):
        raise ImportError(f"{module.__file__} is not the collection of {checkout}")
    evaluate = getattr(holder, name)

    @functools.wraps(evaluate)
    def noted(*args: t.Any, **kwargs: t.Any) -> t.Any:
        note()
        return evaluate(*args, **kwargs)

    setattr(holder, name, noted)
    # Also in modules that have imported the function already.
    for other in list(sys.modules.values()):
        if getattr(other, "__dict__", {}).get(name) is evaluate:
            setattr(other, name, noted)


def evaluation() -> tuple[t.Any, str]:
    """Return what holds the function that evaluates a declaration, and the function's name."""
    try:
        module = importlib.import_module(f"{STACK}.module_utils._topology.declaration")
        return module, "read_topology"
    except ModuleNotFoundError:  # before there were packages
        return importlib.import_module(f"{STACK}.module_utils._topology").Topology, "parse"


def asker() -> str:
    """Return the name of the collection's filter that is being run."""
    frame, found = sys._getframe(), "unknown"
    while frame.f_back:
        frame = frame.f_back
        if frame.f_globals.get("__name__", "").startswith(f"{STACK}.filter."):
            # A decorated filter: the name of what is decorated tells more than "wrapper".
            decorated = frame.f_locals.get("function")
            found = getattr(decorated, "__name__", frame.f_code.co_name)
    return found
