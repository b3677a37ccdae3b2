# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for the programs that run as units on a load balancer."""

from __future__ import annotations

DOCUMENTATION = r"""
name: pool_agent
author: The peerlb authors (@peerlb)
version_added: 1.0.0
short_description: Return a program of a load balancer, such as the one that watches members
description:
  - Returns the source of units, as text by path in a release of nginx. The role
    P(peerlb.stack.nginx_lb#role) passes it to M(peerlb.stack.nginx_release).
options:
  _terms:
    description:
      - The directories of the programs. V(agent) is the units C(peerlb-pools) and C(peerlb-guard),
        and V(certificates) the unit C(peerlb-certificates). Without any term it is V(agent).
    type: list
    elements: str
    choices: [agent, certificates]
"""

EXAMPLES = r"""
- name: Show of which files the program consists
  ansible.builtin.debug:
    msg: "{{ lookup('peerlb.stack.pool_agent') | list }}"
"""

RETURN = r"""
_raw:
  description: The text of each file by its path, for each program.
  type: list
  elements: dict
"""

import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

HOME = Path(__file__).resolve().parents[1] / "module_utils"
# By its directory: how a program begins, and its own packages with those that they import.
PROGRAMS = {
    "agent": (
        """\
# Two units run it. What one of them does not need must not be in its way.
if sys.argv[1] == "guard":
    from peerlb._bans.guard import start

    start(sys.argv[2:])
else:
    from peerlb._live.agent import start

    start(sys.argv[1:])
""",
        ("_bans", "_files", "_live", "_nginx", "_probe", "_values"),
    ),
    "certificates": (
        """\
from peerlb._acme.program import start

start(sys.argv[1:])
""",
        ("_acme", "_certificates", "_files", "_live", "_nginx", "_probe", "_release", "_values"),
    ),
}
MAIN = """\
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import sys

"""


def program(directory: str = "agent", home: Path = HOME) -> dict[str, str]:
    """Return the files of a program: {"agent/__main__.py": "…", "agent/peerlb/_live/…": "…"}."""
    begin, packages = PROGRAMS[directory]
    files = {f"{directory}/__main__.py": MAIN + begin, f"{directory}/peerlb/__init__.py": ""}
    for package in packages:
        for path in sorted((home / package).rglob("*.py")):
            name = path.relative_to(home).as_posix()
            files[f"{directory}/peerlb/{name}"] = path.read_text(encoding="utf-8")
    return files


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(
        self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any
    ) -> list[dict[str, str]]:
        """Return each program that is asked for."""
        wanted = terms or ["agent"]
        unknown = [str(each) for each in wanted if each not in PROGRAMS]
        if unknown:
            raise AnsibleLookupError(f"{', '.join(unknown)} is none of {', '.join(PROGRAMS)}")
        return [program(each) for each in wanted]
