# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a location knows that its pool is in maintenance."""

from __future__ import annotations

import re

from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.closing import (
    closed_variable,
    look_lines,
    pools_text,
)

POOLS = ("api", "API", "api-1", "api.1", "api_1", "api_2d_1")


def test_each_pool_has_a_variable_that_nginx_tells_from_the_others() -> None:
    # nginx reads capital letters in the name of a variable as small ones.
    variables = [closed_variable(pool).lower() for pool in POOLS]
    assert len(set(variables)) == len(POOLS)
    assert all(re.fullmatch("[$][a-z0-9_]+", each) for each in variables)
    assert closed_variable("api-1") == "$peerlb_closed_api_2d_1"


def test_location_reads_one_variable() -> None:
    (line,) = look_lines("api")
    assert line.startswith('if ($peerlb_closed_api) { set $peerlb_closed "api"; rewrite ')


def test_flags_of_each_pool_are_looked_for() -> None:
    text = pools_text(["api", "webapp"])
    for pool in ("api", "webapp"):
        assert f'if (-d "$peerlb_live/maintenance/{pool}$peerlb_exempt") {{' in text
        # A pool that was closed for this request is open again when nginx comes for the notice.
        assert text.index(f'set {closed_variable(pool)} "";') < text.index(f"maintenance/{pool}$")
