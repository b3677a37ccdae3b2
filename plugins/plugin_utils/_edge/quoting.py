# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write text into nginx's files so that it cannot leave its directive. No Ansible, no I/O."""

from __future__ import annotations


def quoted(text: str) -> str:
    r"""Return a text as one word of nginx: a "b" becomes "a \"b\"".

    Between quotes, nothing but the quote and the backslash has a meaning to nginx's parser. A `$`
    begins a variable in many directives, and nginx has no way to escape it: see `fixed`.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fixed(text: str) -> str:
    """Return a text in which no variable stands; a ValueError refuses `$`."""
    if "$" in text:
        raise ValueError(f"{text!r} holds $, which nginx would take for a variable")
    return text


def literal(text: str) -> str:
    """Return a text as one word of nginx in which no variable stands; a ValueError refuses `$`."""
    return quoted(fixed(text))
