# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module of Ansible whose options have secrets within lists or mappings."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values


class QuietModule(AnsibleModule):
    """An AnsibleModule that writes no secret of a suboption to the log of the host.

    Ansible writes each call of a module there. It makes one text of the options, and looks in it
    for the values of no_log as they were given. But Python writes a line break, a backslash or a
    quote within a list in another form, and Ansible cuts texts at "@". So a key in PEM or a part of
    a password stays.
    """

    params: dict[str, t.Any]

    def _log_invocation(self) -> None:
        """Log the call without the secrets, which are hidden before there is a text."""
        given = self.params
        self.params = remove_values(given, self.no_log_values)
        try:
            super()._log_invocation()
        finally:
            self.params = given
