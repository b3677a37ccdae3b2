# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that the stack can work as declared, before any connection, and what cannot work.

It knows the model and what is derived from it. It must not know the state of hosts, nor do I/O.
Begin with `proof.py`.
"""
