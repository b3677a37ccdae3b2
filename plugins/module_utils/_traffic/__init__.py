# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure traffic: nginx's access logs, the kernel's connections, and requests sent as a sample.

This package reads and sends requests. It must not change anything, nor know releases or the
declaration. Begin with `access_log.py`.
"""
