# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write HTML and SVG in which all text is escaped unless it was made here. No I/O."""

from __future__ import annotations

import html
import re
import typing as t

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
VOID = ("br", "meta", "col")


class Markup(str):
    """Text that is HTML already; all other text is escaped where it is put in."""


def text(value: t.Any) -> Markup:
    """Escape a value; what no page may hold, half of a pair say, becomes a question mark."""
    if isinstance(value, Markup):
        return value
    sound = FORBIDDEN.sub("?", str(value))
    return Markup(html.escape(sound))


def tag(element: str, *children: t.Any, **attributes: t.Any) -> Markup:
    """Return an element; attributes without a value (None, False) are left out.

    An underscore at the end of a name goes, others become dashes: class_, data_state.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{text(value)}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if element in VOID:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{joined(children)}</{element}>")


def joined(parts: t.Iterable[t.Any], between: str = "") -> Markup:
    """Join parts, each escaped unless it is markup; None is left out."""
    return Markup(text(between).join(text(part) for part in parts if part is not None))


def section(title: str, *children: t.Any) -> Markup:
    """Return a part of a page with its heading."""
    return tag("section", tag("h2", title), *children)
