# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.conditions import (
    Conditions,
    header,
    one_of,
    quoted,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import Match


def test_a_condition_of_two_rules_is_looked_at_once() -> None:
    conditions = Conditions()
    first = conditions.of(Match(paths=("/a/*",), methods=("GET",)))
    lines = list(conditions.server)
    assert conditions.of(Match(methods=("GET",))) == first[1:]
    assert conditions.server == lines


def test_lists_are_variables_of_their_own() -> None:
    conditions = Conditions()
    assert conditions.of(Match(lists=("office",))) == ["$peerlb_list_office"]
    assert conditions.server == []


def test_several_sources_are_alternatives() -> None:
    conditions = Conditions()
    (name,) = conditions.of(Match(lists=("office",), sources=((1, 2),)))
    assert conditions.http == {"$peerlb_ranges_0": ((1, 2),)}
    assert conditions.server == [
        'set $peerlb_all "$peerlb_list_office$peerlb_ranges_0";',
        f'set {name} "";',
        f"if ($peerlb_all) {{ set {name} 1; }}",
    ]


def test_ranges_of_two_rules_have_two_variables() -> None:
    conditions = Conditions()
    names = [conditions.of(Match(sources=(span,)))[0] for span in ((1, 2), (3, 4), (1, 2))]
    assert names == ["$peerlb_ranges_0", "$peerlb_ranges_1", "$peerlb_ranges_0"]


def test_values_are_no_patterns() -> None:
    conditions = Conditions()
    conditions.of(Match(paths=("/a.b", "/c+/*")))
    assert conditions.server[1] == (
        'if ($uri ~ "^(?:/a\\\\.b\\\\z|/c\\\\+(?:/|\\\\z))") { set $peerlb_c0 1; }'
    )


def test_words_of_nginx() -> None:
    assert header("X-Api-Key") == "$http_x_api_key"
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'
    assert one_of(["a", "b"]) == '"^(?:a|b)"'
