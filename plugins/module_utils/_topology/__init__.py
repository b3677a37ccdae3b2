# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The declaration as a model: networks, peerings, flows, hosts, and who may reach whom.

It knows what the declaration says. It must not know nginx, Docker, MySQL or a cloud, nor do I/O.
Begin with `declaration.py`, which reads the declaration, then `model.py`, which answers questions
about it.
"""
