# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn data into a page with the Jinja2 templates in `templates/`.

No other file of the reports reads anything. Jinja2 finds the templates beside this file, wherever
the collection is installed, and escapes all text that it puts into a page.
"""

from __future__ import annotations

import functools
import re
import typing as t
from pathlib import Path

import jinja2

from ....module_utils._values.protocols import PROTOCOLS
from ..data.tally import probe_state
from ..picture.labels import WORDS, fit, milliseconds
from ..picture.picture import SIGNS

TEMPLATES = Path(__file__).with_name("templates")
# Characters that HTML forbids even when escaped: control characters, halves of surrogate pairs.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def render(template: str, **data: t.Any) -> str:
    """Return the page that a template makes of the data, ready to be written as UTF-8.

    A character that HTML forbids becomes a question mark. Raises jinja2.UndefinedError if the
    template uses a name that the data lacks.
    """
    return FORBIDDEN.sub("?", environment().get_template(template).render(data))


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of the templates, with their filters and the words for states."""
    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    jinja.filters.update(fit=fit, milliseconds=milliseconds, px=pixels, state=probe_state)
    jinja.tests.update(tls=speaks_tls)
    jinja.globals.update(SIGNS=SIGNS, WORDS=WORDS)
    return jinja


def speaks_tls(protocol: str) -> bool:
    """Tell whether a protocol of a flow begins with a handshake of TLS."""
    return protocol in PROTOCOLS and PROTOCOLS[protocol].tls


def pixels(value: float) -> str:
    """Return a number for an attribute of SVG: "20" for 20.0, "33.3333" for 100 / 3."""
    return f"{value:g}"
