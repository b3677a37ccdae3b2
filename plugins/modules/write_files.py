#!/usr/bin/python
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The work is done by the action plugin of this name, on the controller.

from __future__ import annotations

DOCUMENTATION = r"""
module: write_files
short_description: Write reports on the controller
version_added: 1.0.0
description:
  - Writes texts to files on the controller, without a module that would have to be started there. A
    directory that is missing is made.
  - A report has its own times in it, so it never counts as a change.
author:
  - The peerlb authors (@peerlb)
extends_documentation_fragment:
  - ansible.builtin.action_common_attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  platform:
    platforms: posix
options:
  files:
    description: The texts by path.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Write a report
  peerlb.stack.write_files:
    files:
      report/status.json: "{{ status | to_nice_json }}"
"""

RETURN = r"""
paths:
  description: The paths that were written.
  returned: success
  type: list
  elements: str
  sample: [report/status.json]
"""
