# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes: real attempts to use a flow, many at once, and the outcome of each.

It knows the protocols that a probe speaks. It must not know why a target is probed. Begin with
`target.py`; `sweep.py` does the I/O.
"""
