# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gatekeeper: which requests are let in, refused, slowed or sent elsewhere, and by which rule.

It knows the rules, what is wrong with them, what they decide of one request, and nginx's files that
decide the same. It must not know the declaration's networks or pools, nor do I/O: whoever reads
a list from a file hands its text over. Begin with `reading.py`.
"""
