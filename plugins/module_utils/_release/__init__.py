# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of nginx: sets of files that are tested, made live, confirmed, kept and rolled back.

This package knows the disk, the container, and the overrides that operators set at run time.
It must not know the declaration: modules hand it the pools. Begin with `rollout.py`.

    inputs (with overrides) -> release -> rollout -> store (disk) and container (nginx)
"""
