# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who runs the playbook."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operator
author: The peerlb authors (@peerlb)
version_added: 0.1.0
short_description: Say who runs the playbook
description:
  - Returns the name of the user at the controller who runs the playbook, for a history of changes.
  - This is the first of the environment variables E(SUDO_USER), E(USER) and E(LOGNAME) that is set,
    else the name of the user's id.
options: {}
"""

EXAMPLES = r"""
- name: Show who makes the change
  ansible.builtin.debug:
    msg: "{{ lookup('peerlb.stack.operator') }}"
"""

RETURN = r"""
_raw:
  description: The name, as the only element.
  type: list
  elements: str
"""

import os
import pwd
import typing as t

from ansible.plugins.lookup import LookupBase

VARIABLES = ("SUDO_USER", "USER", "LOGNAME")


def operator(environment: t.Mapping[str, str], uid: int) -> str:
    """Return the name of the person behind an environment and a user id."""
    for name in VARIABLES:
        if environment.get(name):
            return environment[name]
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container runs under ids that no user has
        return str(uid)


class LookupModule(LookupBase):
    """Ansible's way to the function above."""

    def run(self, terms: t.Sequence[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """Return the operator; no terms are needed."""
        return [operator(os.environ, os.getuid())]
