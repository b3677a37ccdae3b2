# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module of Ansible whose options have secrets within lists or mappings."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

HIDDEN = "********"  # as Ansible writes it


class QuietModule(AnsibleModule):
    """An AnsibleModule that writes no secret of a suboption to the log of the host.

    Ansible writes each call of a module there, and hides the values of no_log as they were given.
    A list or a mapping stands there as Python writes it: with an escape for each line break,
    backslash or quote. So a key in PEM was not found, and not hidden.
    """

    def log(self, msg: t.Any, log_args: t.Any = None) -> None:
        """Log a message, and its arguments as fields of the journal, without the secrets."""
        fields = {name: self._without_secrets(value) for name, value in (log_args or {}).items()}
        super().log(self._without_secrets(msg), fields)

    def _without_secrets(self, value: t.Any) -> str:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        # Longest first: a secret may be the beginning of another.
        for secret in sorted(map(str, self.no_log_values), key=len, reverse=True):
            text = text.replace(repr(secret)[1:-1], HIDDEN)
        return text
