# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reports that people read: tables in a terminal, one page of HTML, and the picture in it.

It shows what others measured and judged. It must not judge. Begin with `data/report.py`; `page`
uses `picture`, which uses `data`, which uses `text`.
"""
