# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bans and maintenance: what operators, lists and rules want, and the flag files that nginx reads.

nginx looks for the flags at each request, so that a change needs no reload. It knows the files
below the directory of nginx's releases. It must not know Ansible or the declaration, as the unit
peerlb-guard runs by Python alone. Begin with `flags.py`, which says what nginx reads.
"""
