# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.syntax import (
    Directive,
    read_directives,
    unquoted,
    write_directives,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("# a; {\n", []),
        ("a;", [Directive(("a",))]),
        ("a b\n c; # d\ne;", [Directive(("a", "b", "c")), Directive(("e",))]),
        ("a {}", [Directive(("a",), ())]),
        ("a { b; }", [Directive(("a",), (Directive(("b",)),))]),
        ('return 200 "a; {\\"}";', [Directive(("return", "200", '"a; {\\"}"'))]),
        ("a '; \"';", [Directive(("a", "'; \"'"))]),
        ('a b"c;', [Directive(("a", 'b"c'))]),  # a quote within a word is a part of it
        ("a ${b}c;", [Directive(("a", "${b}c"))]),
        ("a b#c;", [Directive(("a", "b#c"))]),
        (r"a b\;c;", [Directive(("a", r"b\;c"))]),
    ],
)
def test_text_is_read_as_nginx_reads_it(text, found) -> None:
    assert read_directives(text, "x.conf") == found


@pytest.mark.parametrize("text", ["a", "a {", "a { b }", "}", 'a "b;', "a 'b;", "a \\"])
def test_text_that_ends_within_a_directive_is_refused_by_name(text) -> None:
    with pytest.raises(PoolError, match="x.conf: "):
        read_directives(text, "x.conf")


def test_what_is_written_means_what_was_read() -> None:
    text = "a \"b; c\" {\n    d '{';\n    e {\n    }\n}\nf;\n"
    assert write_directives(read_directives(text, "x.conf")) == text


def test_values_have_no_quotes() -> None:
    assert Directive(("a", '"b c"', "'d'", "e", '"')).values() == ["b c", "d", "e", '"']
    assert unquoted('"b"') == "b"
    assert Directive(()).name == ""
