# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action groups of meta/runtime.yml, as the modules in them document it."""

from __future__ import annotations


class ModuleDocFragment:
    GCP = r"""
attributes:
  action_group:
    description: Use C(group/peerlb.stack.gcp) in C(module_defaults) to set defaults.
    support: full
    membership:
      - peerlb.stack.gcp
"""

    NGINX = r"""
attributes:
  action_group:
    description: Use C(group/peerlb.stack.nginx) in C(module_defaults) to set defaults.
    support: full
    membership:
      - peerlb.stack.nginx
"""

    SERVICE = r"""
attributes:
  action_group:
    description: Use C(group/peerlb.stack.service) in C(module_defaults) to set defaults.
    support: full
    membership:
      - peerlb.stack.service
"""
