# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.markup import (
    Markup,
    joined,
    tag,
    text,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        (Markup("<b>"), "<b>"),
        (3, "3"),
        ("half \ud800", "half ?"),
        ("bell\x07\0", "bell??"),
        ("two\nlines\tof 北京 🚀", "two\nlines\tof 北京 🚀"),
    ],
)
def test_text_is_escaped_unless_it_was_made_here(value, expected) -> None:
    found = text(value)
    assert found == expected
    assert found.encode("utf-8")


def test_children_and_attributes_are_escaped() -> None:
    found = tag("p", "<i>", tag("b", "&"), None, class_='"x', data_state="<", hidden=None, id=False)
    assert found == '<p class="&quot;x" data-state="&lt;">&lt;i&gt;<b>&amp;</b></p>'


def test_void_elements_are_not_closed() -> None:
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_joined() -> None:
    assert joined(["<", None, Markup("<br>")], ", ") == "&lt;, <br>"
