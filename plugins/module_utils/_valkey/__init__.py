# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of Valkey: its file of access rules, and how a running server takes a new one.

It alone knows that file. It must not know which applications have an account, or what they keep.
Begin with `acl.py`, which is pure; `server.py` writes the file and speaks with the server.
"""
