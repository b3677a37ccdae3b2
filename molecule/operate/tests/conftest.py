# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each test of this scenario begins."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def initial_state(lab) -> None:
    """Begin each test with the inventory's weights and two healthy members."""
    lab.begin()
