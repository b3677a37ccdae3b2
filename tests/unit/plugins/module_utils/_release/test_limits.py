# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._release.limits import refuse_limits

GOOD = {"timeout": 0.5, "lock_timeout": 0, "keep": 2}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 1}, "keep: 1: 2 is the least, or no way back"),
        ({"keep": -1}, "keep: -1: 2 is the least, or no way back"),
        ({"timeout": float("nan")}, "timeout is nan, not a number of seconds from 0 to 86400"),
        ({"lock_timeout": float("inf")}, "lock_timeout is inf, not a number of seconds"),
        ({"lock_timeout": -1.0}, "lock_timeout is -1.0, not a number of seconds"),
    ],
)
def test_what_has_no_end_or_no_way_back_is_refused(wrong, message) -> None:
    with pytest.raises(PoolError, match=f"^{message}"):
        refuse_limits({**GOOD, **wrong}, PoolError)


def test_ordinary_numbers_are_taken() -> None:
    refuse_limits(GOOD, PoolError)
    refuse_limits({"keep": 10}, PoolError)
