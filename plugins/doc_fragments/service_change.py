# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents what the modules service_release and service_rollback have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of COMMON_SPEC in module_utils/_release/service_module.py.

    The name must not be one of the variables of action_group.py: Ansible takes a fragment named
    action_group.service for a fragment named service.
    """

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details:
      - Predicts C(changed) and C(diff) without writing, pulling or starting anything. The release
        is not tested, because the test would need its files on the disk.
  diff_mode:
    support: full
    details:
      - Shows that a secret changes, and never what it is.
  platform:
    platforms: posix
options:
  service:
    description:
      - The name of the service, such as V(webapp). Its container and its Compose project are named
        C(peerlb-webapp).
    type: str
    required: true
  path:
    description: The directory of the releases; by default C(/opt/peerlb/) with the service's name.
    type: path
  registry:
    description:
      - A login to the registry of the image. If empty, root's own logins on the host are used. The
        password is in a file of root's while the image is pulled, and in no argument of a program.
    type: dict
    default: {}
    suboptions:
      server:
        description: The registry, such as V(registry.example). Empty means the public hub.
        type: str
        default: ""
      username:
        description: The name. Empty means no login.
        type: str
        default: ""
      password:
        description: The password or token.
        type: str
        default: ""
  test_only:
    description:
      - Whether to get the image and test the release with it, and to leave what runs as it is. The
        result C(differs) tells whether a run would change anything.
    type: bool
    default: false
  renewing:
    description:
      - Whether the host is out of its pools meanwhile. The file C(renewing.json) below O(path) says
        so until somebody removes it, and the service counts as different as long as it is there. So
        a run that was interrupted is completed by the next one.
    type: bool
    default: false
  timeout:
    description: For how many seconds to wait until the service is healthy and answers.
    type: float
    default: 120
  lock_timeout:
    description:
      - For how many seconds to wait for another change of the same service. A change that still has
        to wait then is refused, with the name of who makes the other one.
    type: float
    default: 30
  keep:
    description: How many releases to keep on the disk for a rollback, at least 2.
    type: int
    default: 10
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
