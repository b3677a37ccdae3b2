# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases of nginx: tested sets of files, kept on the disk, made live and taken back.

It knows the disk, the container and what operators set at run time. It must not know the
declaration: pools come in as they are. Begin with `rollout.py`.
"""
