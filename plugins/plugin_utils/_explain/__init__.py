# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The explanation of one connection, hop by hop, and the first hop that fails.

It knows what to ask of which host, and reads the answers. It must not ask by itself. Begin with
`explain.py`.
"""
