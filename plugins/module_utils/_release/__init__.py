# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of services: sets of files that are tested, made live, confirmed, kept and rolled back.

This package knows the disk, Docker and probes. It must not know the declaration, nor what only
nginx has, which is in `_balancer`. Begin with `rollout.py`.

    specification -> release -> rollout -> store (disk) and service (engine, images, probe)
"""
