# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn data into a page with the Jinja2 templates beside this file. The report's only input.

Templates are read from the collection's own folder, wherever it is installed. All text is escaped
where it is put into a page.
"""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

import jinja2

from ..picture.labels import WORDS, fit, milliseconds
from ..picture.picture import SIGNS

TEMPLATES = Path(__file__).with_name("templates")
# What HTML must not contain in any form: control characters, halves of surrogate pairs.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of all templates; a name that a template misspells is an error."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update(fit=fit, milliseconds=milliseconds, px=pixels)
    found.globals.update(SIGNS=SIGNS, WORDS=WORDS)
    return found


def render(template: str, **data: t.Any) -> str:
    """Return the page that a template makes of the data.

    Characters that HTML forbids become question marks, so the page can be written as UTF-8.
    """
    return FORBIDDEN.sub("?", environment().get_template(template).render(data))


def pixels(value: float) -> str:
    """Return a number for an SVG attribute: 20.0 is "20", 33.333333333 is "33.3333"."""
    return f"{value:g}"
