# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import (
    PoolError,
    duration,
    known_keys,
    one_of,
    whole,
)


@pytest.mark.parametrize("value", ["0", "10s", "500ms", "10m", 5])
def test_times_of_nginx_pass(value) -> None:
    assert duration(value, "timeout") == str(value)


@pytest.mark.parametrize("value", ["", "soon", "10 s", "1m30s;", "-1s"])
def test_other_times_are_refused(value) -> None:
    with pytest.raises(PoolError, match="timeout is"):
        duration(value, "timeout")


@pytest.mark.parametrize("value", [-1, 11, "ten", True, None, 1.5])
def test_numbers_out_of_range_are_refused(value) -> None:
    with pytest.raises(PoolError, match="from 0 to 10"):
        whole(value, 0, 10, "weight")


def test_digits_are_a_number() -> None:
    assert whole("7", 0, 10, "weight") == 7


def test_choices_are_named() -> None:
    with pytest.raises(PoolError, match="state is x, not one of up, down"):
        one_of("x", ("up", "down"), "state")


def test_entry_must_be_a_mapping() -> None:
    with pytest.raises(PoolError, match="pool web: is 'web', not a mapping"):
        known_keys(PoolError, "web", "pool web")
