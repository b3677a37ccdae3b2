# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._guard.values import Limit, Rule


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [
        (Rule("a", 1, action="throttle", limit=Limit(600)), 1),
        (Rule("a", 1, action="throttle", limit=Limit(7)), 9),
        (Rule("a", 1, action="deny", status=429), 60),
        (Rule("a", 1, action="deny", status=403), 0),
        (Rule("a", 1), 0),
    ],
)
def test_a_refusal_tells_when_to_try_again(rule, seconds) -> None:
    assert rule.retry_after == seconds
