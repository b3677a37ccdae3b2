# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters for what is asked of a CA by ACME. The file NAME.yml documents each."""

from __future__ import annotations

import typing as t

from ..plugin_utils._edge.asked_ca import acme_problems, acme_settings


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"acme_settings": acme_settings, "acme_problems": acme_problems}
