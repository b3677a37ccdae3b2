# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nginx's servers hold: locations, routes, and how a location asks a pool.

It alone writes the files of nginx that the controller renders. It must not read what people wrote,
ask a host or do other I/O. Begin with `asking.py`.
"""
