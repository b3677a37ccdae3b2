# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.reading import read_gatekeeper
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.rendering import bans, render

DENY = {"name": "bad", "priority": 10, "action": "deny", "match": {"lists": ["bad"]}}
LISTS = {"bad": {"ranges": ["192.0.2.0/25", "192.0.2.128/25"]}, "unused": {"ranges": ["10.0.0.1"]}}


def test_lists_that_rules_name_are_files_of_merged_ranges() -> None:
    files = render(read_gatekeeper({"lists": LISTS, "rules": [DENY]}))
    assert sorted(files) == ["guard/http.conf", "guard/lists/bad.conf", "guard/server.conf"]
    assert files["guard/lists/bad.conf"] == "192.0.2.0-192.0.2.255 1;\n"
    assert "geo $peerlb_list_bad { ranges; include guard/lists/bad.conf; }" in (
        files["guard/http.conf"].splitlines()
    )


def test_no_map_reads_a_pattern() -> None:
    rule = {**DENY, "match": {"paths": ["/a/*"], "headers": {"X-A": "b"}}}
    files = render(read_gatekeeper({"lists": LISTS, "rules": [rule]}))
    assert "~" not in files["guard/http.conf"]
    patterns = [line for line in files["guard/server.conf"].splitlines() if " ~ " in line]
    assert len(patterns) == 2
    assert all(line.startswith("if (") for line in patterns)
    assert all(line.count("(") - 1 == line.count("(?:") for line in patterns)  # no captures


def test_the_same_gatekeeper_is_the_same_files() -> None:
    value = {"lists": LISTS, "rules": [DENY]}
    assert render(read_gatekeeper(value)) == render(read_gatekeeper(value))


def test_a_challenge_is_exempt_before_anything_is_refused() -> None:
    lines = render(read_gatekeeper({"lists": LISTS, "rules": [DENY]}))["guard/server.conf"]
    assert lines.index("if ($peerlb_exempt) {") < lines.index("return 403;")


def test_bans_that_are_in_effect() -> None:
    ban = {**DENY, "action": "ban", "rate": "1/s", "for": "10m"}
    tried = {**ban, "name": "tried", "priority": 5, "preview": True}
    assert bans(read_gatekeeper({"lists": LISTS, "rules": [ban, tried]})) == {"bad": 600}
