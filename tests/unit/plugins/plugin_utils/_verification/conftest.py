# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of verify register in a run in which all is well."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.application import Application
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import probe_targets
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK
from ansible_collections.peerlb.stack.plugins.plugin_utils._verification.evidence import Evidence

MEMBER = {"state": "up", "backup": False, "weight": 1}
POOL = {"name": "webapp", "members": [{"name": "web1", **MEMBER}, {"name": "web2", **MEMBER}]}
HOSTS = ("lb1", "web1", "web2", "db1", "client")


def _result(target: dict) -> dict:
    state = target["expect"] if target["expect"] == "open" else "refused"
    return {**target, "state": state, "detail": "", "latency_ms": 1.0, "ok": True}


class Run:
    """A run of verify: what hosts registered, to be changed by a test."""

    def __init__(self, stack: t.Any) -> None:
        self.stack = stack
        self.topology = stack.parse()
        self.play_hosts = ["localhost", *HOSTS]
        self.application = Application()
        self.variables: dict[str, dict[str, t.Any]] = {
            name: {
                "__verify_probes": {
                    "results": [
                        _result(each)
                        for each in probe_targets(self.topology, self.topology.host(name))
                    ]
                }
            }
            for name in HOSTS
        }
        self.variables["lb1"]["__release_info"] = {"serving": "3f9a1c52be07", "pools": [POOL]}
        self.variables["client"] |= {
            "__verify_connection": {"statuses": {"200": 1}, "body": "{}\n", "errors": []},
            "__verify_sample": {
                "served_by": {"web1": 20, "web2": 20},
                "statuses": {"200": 40},
                "failed_requests": 0,
                "errors": [],
                "median_ms": 2.5,
            },
        }

    def evidence(self) -> Evidence:
        variables = copy.deepcopy(self.variables)
        return Evidence.of(STACK, self.stack.groups, self.play_hosts, variables, self.application)


@pytest.fixture
def run(stack) -> Run:
    return Run(stack)
