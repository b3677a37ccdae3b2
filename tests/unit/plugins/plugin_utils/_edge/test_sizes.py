# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.sizes import (
    in_bytes,
    in_milliseconds,
)


@pytest.mark.parametrize(
    ("size", "number"), [("1", 1), ("2k", 2048), ("1M", 1024**2), ("3g", 3 * 1024**3)]
)
def test_size_in_bytes(size, number) -> None:
    assert in_bytes(size) == number


def test_no_limit_is_larger_than_any() -> None:
    assert in_bytes("0") > in_bytes("999999999g")


@pytest.mark.parametrize(
    ("time", "number"),
    [("5", 5000), ("5s", 5000), ("7ms", 7), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000)],
)
def test_time_in_milliseconds(time, number) -> None:
    assert in_milliseconds(time) == number
