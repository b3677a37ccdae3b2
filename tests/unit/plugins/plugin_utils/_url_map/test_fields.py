# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the readers of single values let pass; test_reading.py has what they refuse."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map import fields


@pytest.mark.parametrize("path", ["/", "/*", "/a/", "/a/*", "/~u/(b)", "/a.b/.c/..d"])
def test_paths_of_rules(path) -> None:
    assert fields.rule_path("path", path) == path


@pytest.mark.parametrize(
    "path", ["/é", "/a b", "/a%20b", '/a"', "/a\\", "/a;\n", "/{a}", "/*/a", ""]
)
def test_paths_that_a_request_has_in_another_form_are_refused(path) -> None:
    with pytest.raises(ValueError, match="^path is "):
        fields.rule_path("path", path)


@pytest.mark.parametrize("value", ["1", "a b", 'a "b" \\c;{}#', "~"])
def test_values_of_headers(value) -> None:
    assert fields.header_value("X", value) == value


@pytest.mark.parametrize("value", ["", " a", "a ", "a\nb", "é", "$a"])
def test_values_of_headers_that_nginx_cannot_compare_are_refused(value) -> None:
    with pytest.raises(ValueError, match="^X is "):
        fields.header_value("X", value)


def test_names_are_in_lower_case() -> None:
    assert fields.host_names("names", ["A.b", "*.C"]) == ("a.b", "*.c")
    assert fields.host_name("host", "A.b:80") == "a.b:80"


@pytest.mark.parametrize(
    "name", ["a..b", "-a", "a-", "*", "*a", "a/b", "~a", ".a", "$host", "a;b", ""]
)
def test_what_is_no_name_is_refused(name) -> None:
    with pytest.raises(ValueError, match="^names is "):
        fields.host_names("names", [name])


@pytest.mark.parametrize("url", ["https://a.b", "http://a:80/b?c=d#e"])
def test_urls(url) -> None:
    assert fields.url("url", url) == url


@pytest.mark.parametrize("url", ["//a", "https://", "https://a b", 'https://a/"', "https://a/\\"])
def test_what_is_no_url_is_refused(url) -> None:
    with pytest.raises(ValueError, match="^url is "):
        fields.url("url", url)


def test_sizes_and_times_are_as_nginx_writes_them() -> None:
    assert [fields.size("size", each) for each in (0, 10, "1G", "64k")] == ["0", "10", "1G", "64k"]
    assert [fields.time("time", each) for each in (5, "1h", "500ms")] == ["5", "1h", "500ms"]


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (fields.rule_path, "/" + "a" * 1000),
        (fields.url, "https://a/" + "a" * 1000),
        (fields.header_value, "a" * 1001),
    ],
)
def test_what_is_too_long_for_nginx_is_refused(reader, value) -> None:
    with pytest.raises(ValueError, match="^it has [0-9]+ letters; at most 1000 can be$"):
        reader("it", value)


def test_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="^names has 255 letters; at most 253 can be$"):
        fields.host_names("names", [".".join(["a"] * 128)])
