# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a host, some of which Ansible cannot evaluate."""

from __future__ import annotations


class LazyVariables(dict):
    """Variables by name. Reading a value that is an exception raises the exception."""

    def get(self, key, default=None):
        """Return the value of a variable, or raise the value."""
        value = super().get(key, default)
        if isinstance(value, Exception):
            raise value
        return value
