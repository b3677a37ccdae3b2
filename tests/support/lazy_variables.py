# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a host that cannot all be templated."""

from __future__ import annotations


class LazyVariables(dict):
    """Variables of which an exception is raised, as Ansible does, when it is read."""

    def get(self, key, default=None):
        value = super().get(key, default)
        if isinstance(value, Exception):
            raise value
        return value
