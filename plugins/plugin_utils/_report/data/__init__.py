# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data of a report: probes by flow, by pair of hosts and by network, and their tallies.

It must not know how a page looks. Begin with `report.py`.
"""
