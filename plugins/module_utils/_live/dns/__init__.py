# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine dns: nginx resolves the members of a pool each second. Begin with `engine.py`.

It alone knows DNS, and how nginx's resolver behaves.
"""
