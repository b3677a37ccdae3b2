# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the declaration: addresses, ports, grants, probes, pools and listeners.

It knows the model. It must not judge it, nor know hosts as they are. Begin with `flows.py`.
"""
