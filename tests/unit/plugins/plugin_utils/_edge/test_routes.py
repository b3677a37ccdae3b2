# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of locations; real_nginx/test_url_map.py holds what nginx makes of it."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.routes import Rendered, render_host
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.reading import read_url_map
from support.routed import pool_settings

POOLS = {name: pool_settings(name) for name in ("web", "api", "next")}


def render(*rules: dict[str, t.Any], counted: bool = False, **settings: t.Any) -> Rendered:
    """Return the text of a host with these rules."""
    written = {
        "hosts": [{"names": ["a.example"], "rules": list(rules), "default": "web"}],
        **settings,
    }
    url_map = read_url_map(written, POOLS)
    return render_host(url_map, url_map.hosts[0], POOLS, counted=counted)


def locations(text: str) -> list[str]:
    """Return how the locations begin."""
    return re.findall(r"^location (.*) \{$", text, re.MULTILINE)


def test_host_without_rules_has_one_location() -> None:
    rendered = render()
    assert locations(rendered.server) == ["/"]
    assert rendered.http == ""
    assert 'set $peerlb_route "a.example default";' in rendered.server


def test_prefix_is_two_locations_and_a_final_slash_is_one_more() -> None:
    rules = [{"path": path, "pool": "api"} for path in ("/a/*", "/b/", "/c")]
    assert locations(render(*rules).server) == [
        '= "/b/"',
        '= "/c"',
        '= "/a"',
        '= "/b"',
        '^~ "/a/"',
        "/",
    ]


def test_rule_for_all_paths_takes_the_place_of_the_default() -> None:
    rendered = render({"path": "/*", "pool": "api", "methods": ["GET"]})
    assert locations(rendered.server) == [
        '^~ "/"',
        '"@0_0_peerlb_route"',
        '"@default_0_peerlb_route"',
    ]


def test_conditions_are_joined_before_a_location_is_chosen() -> None:
    rule = {
        "path": "/a",
        "pool": "api",
        "methods": ["GET", "PUT"],
        "headers": {"X-A": "1", "X-B": True},
    }
    lines = [line.strip() for line in render(rule).server.splitlines()]
    assert lines[1:10] == [
        "recursive_error_pages on;",
        "error_page 463 = @$peerlb_jump;",
        'set $peerlb_fits "";',
        'if ($request_method = GET) { set $peerlb_fits "${peerlb_fits}0,"; }',
        'if ($request_method = PUT) { set $peerlb_fits "${peerlb_fits}0,"; }',
        'if ($http_x_a = "1") { set $peerlb_fits "${peerlb_fits}1,"; }',
        'if ($http_x_b != "") { set $peerlb_fits "${peerlb_fits}2,"; }',
        'if ($peerlb_fits = "0,1,2,") { set $peerlb_jump "0_0_peerlb_route"; return 463; }',
        'set $peerlb_jump "default_0_peerlb_route";',
    ]


def test_weighted_pools_have_a_location_each() -> None:
    rendered = render({"path": "/a", "pools": {"api": 90, "next": 10}})
    assert rendered.http.splitlines()[0] == (
        'split_clients "$peerlb_request_id" $peerlb_split_0_0 {'
    )
    assert 'set $peerlb_jump "0_0_peerlb_route/${peerlb_split_0_0}";' in rendered.server
    named = [each for each in locations(rendered.server) if "@" in each]
    assert named == ['"@0_0_peerlb_route/api"', '"@0_0_peerlb_route/next"']


def test_largest_body_of_a_path_is_judged_before_a_rule_is_chosen() -> None:
    rules = [
        {"path": "/a", "pool": "api", "methods": ["PUT"], "body_size": "1g"},
        {"path": "/a", "pool": "api", "methods": ["GET"], "body_size": "1100m"},
    ]
    assert "client_max_body_size 1100m;" in render(*rules).server.split("}")[0]
    rules[0]["body_size"] = 0
    assert "client_max_body_size 0;" in render(*rules).server.split("}")[0]


def test_no_capture_is_without_a_name_and_no_map_is_written() -> None:
    rules = [
        {"path": "/a/*", "pool": "api", "rewrite": "/b", "headers": {"X-A": "1"}},
        {"path": "/c/*", "redirect": {"prefix": "/d"}},
        {"path": "/e(f)/*", "redirect": {"scheme": "https", "strip_query": True}},
        {"path": "/g", "pools": {"api": 1, "next": 1}},
    ]
    rendered = render(*rules, strict_paths=True)
    patterns = re.findall(r'(?:(?<!\^)~\*? |rewrite )"((?:[^"\\]|\\.)*)"', rendered.server)
    assert len(patterns) > 6
    for pattern in patterns:
        named = re.sub(r"\(\?<", "(?P<", pattern.replace("\\\\", "\\"))
        assert re.compile(named).groups == len(re.compile(named).groupindex)
    assert not re.search(r"\bmap\b|\$[0-9]", rendered.http + rendered.server)


def test_strict_paths_are_judged_before_any_location() -> None:
    assert render(strict_paths=True).server.startswith("if ($request_uri ~* ")


def test_answers_are_counted_before_they_are_given() -> None:
    rules = [
        {"path": "/a/*", "redirect": {"prefix": "/b"}},
        {"path": "/c", "answer": {"status": 410}, "methods": ["GET"]},
    ]
    counted = render(*rules, counted=True)
    named = ('"@0_0_peerlb_answer"', '"@1_0_peerlb_answer"')
    for begin, body in re.findall(r"^location (.*?) \{\n(.*?)^\}$", counted.server, re.M | re.S):
        answers = re.findall(r"return (?!463)", body)
        assert bool(answers) is (begin in named), begin
    assert [counted.server.count(f"none {name};") for name in named] == [2, 1]
    assert "try_files" not in render(*rules).server
