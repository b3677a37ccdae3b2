# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents what the modules nginx_ban and nginx_maintenance have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of COMMON_SPEC in module_utils/_balancer/guard_module.py."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  platform:
    platforms: posix
options:
  path:
    description: The directory of nginx's Compose project.
    type: path
    default: /opt/peerlb/nginx_lb
  lock_timeout:
    description:
      - For how many seconds to wait for another change of bans or maintenance. Nobody waits for a
        deployment.
    type: float
    default: 30
  operator:
    description:
      - Who makes the change. It is written to the history, beside the user who has logged in to the
        host.
    type: str
    default: ansible
  reason:
    description: Why the change is made. It is written to the history.
    type: str
    default: ""
"""
