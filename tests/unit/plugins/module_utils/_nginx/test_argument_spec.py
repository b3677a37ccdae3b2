# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import fields

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.argument_spec import (
    LISTENER,
    MEMBER,
    POOL,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Member, Pool


@pytest.mark.parametrize("spec, value", [(MEMBER, Member), (POOL, Pool), (LISTENER, Listener)])
def test_spec_and_value_have_the_same_keys(spec: dict, value: type) -> None:
    assert set(spec) == {field.name for field in fields(value)}


def test_a_pool_without_settings_is_the_pool_of_the_specs_defaults() -> None:
    members = [{"name": "web1", "address": "10.1.0.2", "port": 3000}]
    defaults = {key: value["default"] for key, value in POOL.items() if "default" in value}
    given = {"name": "webapp", "members": members}
    assert Pool.parse(given) == Pool.parse({**defaults, **given})
