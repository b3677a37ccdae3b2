# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nginx reads a target and writes a path; held against a real nginx in real_nginx."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.paths import (
    escape,
    is_odd,
    normalise,
    prefixes,
    split_target,
    to_bytes,
)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/api?a=1#b", "/api"),
        ("//api//x/", "/api/x/"),
        ("/x/../api/./y", "/api/y"),
        ("/%61pi/%2e%2E/b%2Fc", "/b/c"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/a/...", "/a/..."),
        ("/.a/..b", "/.a/..b"),
        ("/a%3Fb%23c%25d", "/a?b#c%d"),
        ("/%252F", "/%2F"),
        ("/a%0Ab", "/a\nb"),
        ("/a#b?c", "/a"),
        ("/..", None),
        ("/a/../..", None),
        ("/%2e%2e/a", None),
        ("/a%", None),
        ("/a%4", None),
        ("/a%zz", None),
        ("/a%00", None),
        ("/a b", None),
        ("/a\x7f", None),
        ("a", None),
        ("/a?%zz", "/a"),
    ],
)
def test_path_is_read_as_nginx_reads_it(target, path) -> None:
    assert normalise(target) == path


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/api/x", "/api/x"),
        ("/a b", "/a%20b"),
        ("/a?b#c%d", "/a%3Fb%23c%25d"),
        ("/\n\x7f\xe9", "/%0A%7F%E9"),
        ('/"<>\\^`{|}', "/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("/~!$&'()*+,;=:@-._[]", "/~!$&'()*+,;=:@-._[]"),
    ],
)
def test_path_is_written_as_nginx_writes_it(path, written) -> None:
    assert escape(path) == written


@pytest.mark.parametrize("path", ["//", "/a//b", "/./", "/a/..", "/.", "/a/../b", "/%2f", "/%2E"])
def test_odd_paths_are_found(path) -> None:
    assert is_odd(path)
    assert not is_odd(f"/a?{path}") and not is_odd(f"/a#{path}")


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a.b", "/.a", "/..a/", "/a%20b", "/%252f"])
def test_plain_paths_are_not_odd(path) -> None:
    assert not is_odd(path)
    assert is_odd(f"{path}/.") and is_odd(f"{path}/..?x")


@pytest.mark.parametrize(
    ("path", "stems"), [("/a/b", ["/a/b", "/a", ""]), ("/a/", ["/a", ""]), ("/", [""])]
)
def test_prefixes_are_by_element_and_the_longest_first(path, stems) -> None:
    assert list(prefixes(path)) == stems


def test_target_is_cut_where_nginx_cuts_it() -> None:
    assert split_target("/a?b?c#d?e") == ("/a", "b?c")
    assert split_target("/a#b?c") == ("/a", "")


def test_letters_are_bytes() -> None:
    assert to_bytes("/é") == "/\xc3\xa9"
    assert to_bytes("/a") == "/a"
