# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of nftables on a host: read, and walked with one packet in mind.

It knows nftables' own JSON. It must not know the host around it, nor do I/O. Begin with `walk.py`.
"""
