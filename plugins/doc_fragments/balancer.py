# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents what the modules nginx_release, nginx_override and nginx_rollback have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of COMMON_SPEC in module_utils/_balancer/balancer_module.py."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details:
      - Predicts C(changed) and C(diff) without writing anything. C(nginx -t) is not run, because it
        would need the files on the disk.
  diff_mode:
    support: full
  platform:
    platforms: posix
options:
  path:
    description:
      - The directory of the Compose project. The container mounts its folder C(nginx) read-only at
        C(/etc/nginx/peerlb).
    type: path
    default: /opt/peerlb/nginx_lb
  test_only:
    description:
      - Whether to let nginx test the change and leave everything as it is.
      - With several load balancers, test the change on all of them before you change the first.
    type: bool
    default: false
  container:
    description: The name of nginx's container.
    type: str
    default: peerlb-nginx
  status_port:
    description:
      - The port on 127.0.0.1 where nginx answers C(/release) with the id of the release it serves.
      - A release's own files win over this option. They name the port in the C(listen) of the
        server that includes C(release.conf), so a rollback to a release with another port works.
    type: int
    default: 8081
  timeout:
    description: For how many seconds to wait until the release answers.
    type: float
    default: 15
  lock_timeout:
    description:
      - For how many seconds to wait for another change of the same service. A change that still has
        to wait then is refused, with the name of who makes the other one.
    type: float
    default: 30
  keep:
    description: How many releases to keep on the disk for a rollback.
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
