# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that only reads has in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details: It changes nothing, so it does the same as in a normal run.
  diff_mode:
    support: none
    details: It changes nothing, so there is nothing to show.
  platform:
    platforms: posix
"""
