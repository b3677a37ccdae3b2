# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents what all modules that only read have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of a module that reads and changes nothing."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details: The module changes nothing, so check mode makes no difference.
  diff_mode:
    support: none
    details: The module changes nothing, so it has no diff to show.
  platform:
    platforms: posix
"""
