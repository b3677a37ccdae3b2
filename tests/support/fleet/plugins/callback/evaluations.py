# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count how often the declaration is evaluated, in this process and in its workers."""

from __future__ import annotations

DOCUMENTATION = r"""
name: evaluations
type: aggregate
short_description: Count the evaluations of the declaration
description: Each evaluation appends a line to the file "evaluations" of the fleet. The line is the
  name of the filter that evaluates the declaration.
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
    """Replaces the function that evaluates the declaration by one that counts, too."""

    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "evaluations"

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Start to count. Ansible calls this once, before the first worker."""
        super().set_options(*args, **kwargs)
        fleet = Path(self.get_option("path"))
        count((fleet / "collections/ansible_collections/peerlb/stack").resolve(), self._note)
        # Workers inherit the file. A write of this length is atomic, so lines do not mix.
        self._log = os.open(fleet / "evaluations", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def _note(self) -> None:
        os.write(self._log, f"{asker()}\n".encode())


def count(checkout: Path, note: t.Callable[[], t.Any]) -> None:
    """Call *note* at every evaluation. Raises ImportError if another checkout's collection runs."""
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
    # Modules that have imported the function already need the new one too.
    for other in list(sys.modules.values()):
        if getattr(other, "__dict__", {}).get(name) is evaluate:
            setattr(other, name, noted)


def evaluation() -> tuple[t.Any, str]:
    """Return the module or class of the function that evaluates a declaration, and its name."""
    try:
        module = importlib.import_module(f"{STACK}.module_utils._topology.declaration")
        return module, "read_topology"
    except ModuleNotFoundError:  # an older checkout, without packages in module_utils
        return importlib.import_module(f"{STACK}.module_utils._topology").Topology, "parse"


def asker() -> str:
    """Return the name of the collection's filter that is running."""
    frame, found = sys._getframe(), "unknown"
    while frame.f_back:
        frame = frame.f_back
        if frame.f_globals.get("__name__", "").startswith(f"{STACK}.filter."):
            # For a decorated filter, take the filter's name instead of the wrapper's.
            decorated = frame.f_locals.get("function")
            found = getattr(decorated, "__name__", frame.f_code.co_name)
    return found
