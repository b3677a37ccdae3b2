# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for the program that runs as the units peerlb-pools and peerlb-guard."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pool_agent
author: The peerlb authors (@peerlb)
version_added: 0.2.0
short_description: Return the program that watches the members of pools, and keeps bans
description:
  - Returns the source of the units C(peerlb-pools) and C(peerlb-guard), as text by path in a
    release of nginx. The role P(peerlb.stack.nginx_lb#role) passes it to
    M(peerlb.stack.nginx_release).
  - The program is a part of the collection, so the lookup has no terms.
options: {}
"""

EXAMPLES = r"""
- name: Show of which files the program consists
  ansible.builtin.debug:
    msg: "{{ lookup('peerlb.stack.pool_agent') | list }}"
"""

RETURN = r"""
_raw:
  description: The text of each file by its path.
  type: list
  elements: dict
"""

import typing as t
from pathlib import Path

from ansible.plugins.lookup import LookupBase

HOME = Path(__file__).resolve().parents[1] / "module_utils"
# What the program consists of: its own package and those that it imports.
PACKAGES = ("_bans", "_live", "_nginx", "_probe", "_values")
DIRECTORY = "agent"
MAIN = """\
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import sys

# Two units run it. What one of them does not need must not be in its way.
if sys.argv[1] == "guard":
    from peerlb._bans.guard import start

    start(sys.argv[2:])
else:
    from peerlb._live.agent import start

    start(sys.argv[1:])
"""


def program(home: Path = HOME) -> dict[str, str]:
    """Return the files of the program: {"agent/__main__.py": "…", "agent/peerlb/_live/…": "…"}."""
    files = {f"{DIRECTORY}/__main__.py": MAIN, f"{DIRECTORY}/peerlb/__init__.py": ""}
    for package in PACKAGES:
        for path in sorted((home / package).rglob("*.py")):
            name = path.relative_to(home).as_posix()
            files[f"{DIRECTORY}/peerlb/{name}"] = path.read_text(encoding="utf-8")
    return files


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(
        self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, str]]:
        """Return the program, as the only element."""
        return [program()]
