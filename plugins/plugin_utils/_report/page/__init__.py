# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one page of HTML that needs no other file.

Python chooses what the page shows, and the templates in `templates/` write it. It must not compute
what a probe means. Begin with `page.py` and `templates/report.html.j2`.
"""
