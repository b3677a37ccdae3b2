# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import (
    POOL,
    Route,
    Verdict,
)


def test_a_request_that_nobody_judges_is_allowed_and_goes_to_its_pool() -> None:
    assert Verdict("default").action == "allow"
    assert Route(POOL).rule == ""
