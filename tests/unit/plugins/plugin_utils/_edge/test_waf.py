# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of the web application firewall, and what is refused."""

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.waf import (
    Exclusion,
    Waf,
    WafError,
    read_waf,
)

GOOD = {"rule": 942100, "reason": "Visitors search for quotes."}


def test_defaults_are_those_of_the_rule_set() -> None:
    assert read_waf({"paranoia": 1}) == Waf(1, 5, False, "open", "16m", "1g", ())


def test_everything_that_can_be_said_is_read() -> None:
    exclusion = {**GOOD, "path": "/search/*", "argument": "filter[q]"}
    given = {
        **{"paranoia": 4, "threshold": "10", "preview": True, "fail": "closed"},
        **{"body_limit": "1G", "memory_limit": "512m", "exclusions": [exclusion, GOOD]},
    }
    read = Exclusion(942100, GOOD["reason"], "/search/*", "filter[q]")
    every = (read, Exclusion(942100, GOOD["reason"]))
    assert read_waf(given) == Waf(4, 10, True, "closed", "1g", "512m", every)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "peerlb_waf: is [], not a mapping with paranoia"),
        ({"paranoa": 1}, "peerlb_waf: unknown key paranoa; known: paranoia"),
        ({"paranoia": 5}, "peerlb_waf: paranoia is 5, not a whole number from 1 to 4"),
        ({"paranoia": True}, "paranoia is True"),
        ({"threshold": 0}, "threshold is 0, not a whole number from 1"),
        ({"preview": "yes"}, "preview is 'yes'"),
        ({"fail": "safe"}, "fail is 'safe', not one of open, closed"),
        ({"body_limit": 0}, "body_limit is 0, not a size such as 64k"),
        ({"body_limit": "16"}, "body_limit is '16', not a size"),
        ({"memory_limit": "much"}, "memory_limit is 'much', not a size"),
        ({"exclusions": GOOD}, "exclusions is {'rule'"),
        ({"exclusions": ["x"]}, "peerlb_waf.exclusions[0]: is 'x', not a mapping"),
        ({"exclusions": [{"rule": 942100}]}, "exclusions[0]: reason is missing"),
        ({"exclusions": [{"reason": "x"}]}, "exclusions[0]: rule is missing"),
        ({"exclusions": [{**GOOD, "reason": " "}]}, "not a sentence that says why"),
        ({"exclusions": [{**GOOD, "rule": 949110}]}, "leave waf out of the route"),
        ({"exclusions": [{**GOOD, "rule": "sql"}]}, "rule is 'sql', not a whole number"),
        ({"exclusions": [{**GOOD, "path": "search"}]}, "path is 'search', not a path"),
        ({"exclusions": [{**GOOD, "argument": 'q"'}]}, "argument is 'q\"', not the name"),
        ({"exclusions": [{**GOOD, "arguments": "q"}]}, "is argument meant?"),
    ],
)
def test_fault_names_the_entry_and_what_would_be_right(given, problem) -> None:
    with pytest.raises(WafError) as caught:
        read_waf(given)
    assert problem in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(WafError) as caught:
        read_waf({"paranoia": 9, "fail": 1, "exclusions": [{}]})
    assert len(str(caught.value).splitlines()) == 4
