# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one page of HTML that needs no other file.

It knows the data and the picture. It must not compute what a probe means. Begin with `page.py`.
"""
