# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._roles import role_options


@pytest.mark.parametrize("role", ["docker", "mysql", "nginx_lb", "webapp"])
def test_options_of_a_role_are_read(role) -> None:
    options = role_options(role)
    assert all(name.startswith(f"{role}_") and spec["type"] for name, spec in options.items())
