# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read pages of HTML in tests."""

from __future__ import annotations

import re


def section(page: str, title: str) -> str:
    """Return the HTML under a heading as one line, or "" if the page has no such heading.

    The lines '<p>a</p>', '<p>b' and 'c</p>' become '<p>a</p><p>b c</p>'.
    """
    found = re.search(rf"<h2>{title}</h2>(.*?)</section>", page, re.DOTALL)
    lines = found.group(1).strip() if found else ""
    return re.sub(r"\s*\n\s*", " ", re.sub(r">\s*\n\s*<", "><", lines))


def rows(table: str) -> list[list[str]]:
    """Return the cells of a table as text, by row. The first row is the head."""
    lines = re.findall(r"<tr>(.*?)</tr>", table)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line) for line in lines]
    return [[re.sub("<[^>]*>", "", cell) for cell in line] for line in cells]
