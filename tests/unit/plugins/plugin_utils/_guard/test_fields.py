# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard import fields


@pytest.mark.parametrize(("text", "number"), [("10/s", 600), ("600/m", 600), ("1/m", 1)])
def test_a_rate_is_read(text, number) -> None:
    assert fields.per_minute("rate", text) == number


@pytest.mark.parametrize(("text", "number"), [("1s", 1), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_a_time_is_read(text, number) -> None:
    assert fields.seconds("for", text) == number


@pytest.mark.parametrize("value", ["/", "/*", "/a", "/a/", "/a/*", "/a b", "/ä/*"])
def test_a_path_is_read(value) -> None:
    assert fields.path("path", value) == value


@pytest.mark.parametrize("value", ["/*/*", "/a/./b", "/a/*/b", "/a\n", "//", "/a#b", "/a//*", 5])
def test_a_path_that_no_request_can_have_is_refused(value) -> None:
    with pytest.raises(ValueError, match="path"):
        fields.path("path", value)


@pytest.mark.parametrize("value", ["https://shop.example/a?b=1&c=%20", "/busy", "/"])
def test_a_url_is_read(value) -> None:
    assert fields.url("url", value) == value


def test_each_value_of_a_list_is_read() -> None:
    good, faults = fields.each(fields.method, "methods", ["GET", "get", "PUT"])
    assert good == ("GET", "PUT")
    assert len(faults) == 1 and faults[0].startswith("methods[1]")
