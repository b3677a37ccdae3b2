# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from ansible_collections.peerlb.stack.plugins.module_utils._values.protocols import (
    LISTENER_PROTOCOLS,
    PROTOCOLS,
)
from ansible_collections.peerlb.stack.plugins.modules import nginx_release, reachability


@pytest.mark.parametrize(
    ("module", "option", "protocols"),
    [(reachability, "targets", PROTOCOLS), (nginx_release, "listeners", LISTENER_PROTOCOLS)],
)
def test_documented_choices_are_the_protocols(module, option, protocols) -> None:
    options = yaml.safe_load(module.DOCUMENTATION)["options"]
    documented = options[option]["suboptions"]["protocol"]
    spec = module.ARGUMENT_SPEC[option]["options"]["protocol"]
    assert documented["choices"] == spec["choices"] == list(protocols)
    assert documented["default"] == spec["default"]


def test_every_protocol_is_balanced_by_a_listener() -> None:
    assert {each.balanced_as for each in PROTOCOLS.values()} == set(LISTENER_PROTOCOLS)
