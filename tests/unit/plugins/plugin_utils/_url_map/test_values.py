# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of a URL map say of themselves."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.values import (
    Action,
    Expected,
    Host,
    Redirect,
    Request,
    Rule,
    StoredTest,
)


@pytest.mark.parametrize(
    ("path", "stem", "prefix"),
    [("/api", "/api", False), ("/api/*", "/api", True), ("/*", "", True)],
)
def test_stem_of_a_path(path, stem, prefix) -> None:
    rule = Rule("hosts[0].rules[0]", path, Action())
    assert (rule.stem, rule.is_prefix, rule.conditional) == (stem, prefix, False)


def test_titles_name_the_entry() -> None:
    asked = Request("shop.example", "/a?b", "PUT", scheme="https")
    assert (
        StoredTest("tests[3]", asked, Expected()).title == "tests[3] PUT https://shop.example/a?b"
    )
    assert Rule("hosts[0].default", "", Action()).title == "hosts[0].default"
    assert Host("hosts[0]", (), (), None).label == "*"


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({"url": "https://a", "strip_query": True}, False),
        ({"scheme": "https"}, False),
        ({"scheme": "https", "strip_query": True}, True),
        ({"path": "/a", "strip_query": True}, False),
        ({"prefix": "/a"}, True),
    ],
)
def test_redirects_that_keep_a_part_of_the_path_need_it_plain(settings, needed) -> None:
    assert Redirect(**settings).needs_plain_path is needed
