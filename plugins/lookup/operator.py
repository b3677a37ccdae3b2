# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup for the name of the person who runs the playbook."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator
author: The peerlb authors (@peerlb)
version_added: 1.0.0
short_description: Say who runs the playbook
description:
  - Returns the name of the user who runs the playbook on the controller. The playbooks of this
    collection write it to the history of releases.
  - The name is the first of the environment variables E(SUDO_USER), E(USER) and E(LOGNAME) that is
    set, else the name of the user's id, else the id.
options: {}
"""

EXAMPLES = r"""
- name: Show who makes the change
  ansible.builtin.debug:
    msg: "{{ lookup('peerlb.stack.operator') }}"
"""

RETURN = r"""
_raw:
  description: The name, as the only element of a list.
  type: list
  elements: str
"""

import os
import pwd
import typing as t

from ansible.plugins.lookup import LookupBase

VARIABLES = ("SUDO_USER", "USER", "LOGNAME")


def operator(environment: t.Mapping[str, str], uid: int) -> str:
    """Return the name of the person: operator({"SUDO_USER": "ada", "USER": "root"}, 0) is "ada".

    environment: the variables of the process; uid: its user id.
    """
    for name in VARIABLES:
        if environment.get(name):
            return environment[name]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container may run under an id that no user has
        return str(uid)


class LookupModule(LookupBase):
    """The lookup, for Ansible."""

    def run(self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """Return the name in a list; the lookup takes no terms and no options."""
        return [operator(os.environ, os.getuid())]
