# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module that changes a load balancer has in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    support: full
    details: The test by nginx itself needs the files on the disk and is left out.
  diff_mode:
    support: full
  platform:
    platforms: posix
options:
  path:
    description:
      - The project directory. Its C(nginx) folder is mounted read-only at C(/etc/nginx/peerlb).
    type: path
    default: /opt/peerlb/nginx_lb
  test_only:
    description:
      - Whether nginx tests the change and everything stays as it was, which is how several load
        balancers are asked before the first is changed.
    type: bool
    default: false
  container:
    description: The name of the container.
    type: str
    default: peerlb-nginx
  status_port:
    description:
      - The port on 127.0.0.1 where nginx answers C(/release) with the id that serves.
      - A release is asked where its own files say that it answers, which is the C(listen) of the
        server that includes C(release.conf), so one with another port goes live, and back, like any
        other. The option counts where the files do not tell.
    type: int
    default: 8081
  timeout:
    description: Seconds to wait for the release to answer.
    type: float
    default: 15
  keep:
    description: How many releases to keep for a rollback.
    type: int
    default: 10
  operator:
    description: Who makes the change, for the history.
    type: str
    default: ansible
  reason:
    description: Why the change is made, for the history.
    type: str
    default: ""
"""
