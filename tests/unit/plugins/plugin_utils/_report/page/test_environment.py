# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import jinja2
import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.environment import (
    TEMPLATES,
    environment,
    pixels,
    render,
)

STYLE = (TEMPLATES / "style.css").read_text()


@pytest.fixture
def macros() -> jinja2.environment.TemplateModule:
    return environment().get_template("macros.html.j2").module


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&#34;&#39;"),
        (3, "3"),
        ("half \ud800", "half ?"),
        ("bell\x07\0", "bell??"),
        ("two\nlines\tof 北京 🚀", "two\nlines\tof 北京 🚀"),
    ],
)
def test_text_is_escaped(value, expected) -> None:
    page = render("base.html.j2", title=value, generated_at="now")
    assert f"<title>{expected}</title>" in page
    assert page.encode("utf-8")
    assert page.__class__ is str


def test_attributes_are_escaped(macros) -> None:
    probe = {"name": '"x', "expect": "open", "state": "<i>", "detail": "'>", "ok": False}
    probe["protocol"] = "http"
    assert macros.probe_cell(probe) == (
        '<td class="open failed" title="&#34;x: expected open, found &lt;i&gt; &#39;&gt;"'
        ' data-state="failed">✗ &lt;i&gt;</td>'
    )


def test_markup_of_a_macro_is_not_escaped_again(macros) -> None:
    tally = {"state": "ok", "ok": 1, "total": 2}
    assert macros.probes_ok(tally) == '<span class="badge ok">✓ 1 of 2</span>'


def test_no_template_switches_escaping_off() -> None:
    templates = sorted(TEMPLATES.glob("*.j2"))
    assert len(templates) > 5
    off = re.compile(r"\|\s*safe\b|autoescape|Markup")
    assert [path.name for path in templates if off.search(path.read_text())] == []


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="generated_at"):
        render("base.html.j2", title="x")


def test_bar_is_as_long_as_its_share(macros) -> None:
    assert "width:50%" in macros.bar(2, 4)
    assert macros.bar(None, 4) == ""
    assert macros.bar(1, 0) == ""


@pytest.mark.parametrize(("value", "words"), [(20.0, "20"), (100 / 3, "33.3333"), (7, "7")])
def test_pixels_are_short(value, words) -> None:
    assert pixels(value) == words


def test_the_page_has_the_style_as_it_is_in_its_file() -> None:
    page = render("base.html.j2", title="x", generated_at="now")
    assert f"<style>\n{STYLE}</style>" in page


def test_dark_names_every_colour_that_light_has() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    assert set(re.findall(r"--[\w-]+", light)) == set(re.findall(r"--[\w-]+", dark))


def test_every_colour_that_is_used_is_there() -> None:
    used = set(re.findall(r"var\((--[\w-]+)\)", STYLE))
    assert used
    assert used <= set(re.findall(r"(--[\w-]+):", STYLE))


def test_braces_are_closed_and_nothing_is_fetched() -> None:
    assert STYLE.count("{") == STYLE.count("}")
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    assert "<" not in STYLE
