# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.style import STYLE


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
