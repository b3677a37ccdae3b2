# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of nftables on a host: read from text, and followed with one packet.

It knows the text that nft prints. It must not know the host around the rules, nor do I/O. Begin
with `walk.py`.
"""
