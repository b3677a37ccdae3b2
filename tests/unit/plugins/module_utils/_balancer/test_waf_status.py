# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.waf_status import waf_status
from ansible_collections.peerlb.stack.plugins.module_utils._release.engine import Engine

FILES = {"waf.yml": ""}


def engine(status: str | None, log: str = "") -> Engine:
    def run(command: list[str]) -> tuple[int, str, str]:
        if command[1] == "logs":
            return 0, log, "nginx says something"
        if status is None:
            return 1, "[]", "Error: No such object: peerlb-waf"
        return 0, json.dumps([{"State": {"Status": status}}]), ""

    return Engine(run)


def test_release_without_a_firewall_has_no_state() -> None:
    assert waf_status(engine("running"), (), "5m") == {}


@pytest.mark.parametrize(("status", "state"), [("running", "running"), (None, "missing")])
def test_state_is_that_of_the_container(status, state) -> None:
    assert waf_status(engine(status), FILES, "") == {"state": state}


def test_log_is_counted() -> None:
    line = '{"transaction":{"is_interrupted":true,"messages":[]}}\n'
    told = waf_status(engine("running", line * 2), FILES, "5m")
    assert told == {"state": "running", "refused": 2, "would_refuse": 0, "rules": []}


def test_since_without_a_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="since is '5'"):
        waf_status(engine("running"), FILES, "5")
