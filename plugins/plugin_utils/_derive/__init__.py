# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows from the declaration: addresses, ports, grants, probes, pools and listeners.

It knows the model. It must not judge the declaration, ask a host or do other I/O. Begin with
`derived.py`, which puts together what each layer of the stack needs.
"""
