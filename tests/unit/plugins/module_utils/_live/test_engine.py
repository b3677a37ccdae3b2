# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._live.agent import TELLERS
from ansible_collections.peerlb.stack.plugins.module_utils._live.engine import (
    NAMES,
    RELOAD,
    WRITERS,
    Engine,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool

POOL = Pool.parse(
    {"name": "webapp", "members": [{"name": "web1", "address": "10.1.0.2", "port": 3000}]}
)


def test_each_live_engine_has_both_halves() -> None:
    assert set(WRITERS) == set(TELLERS)
    assert set(NAMES) == {*WRITERS, "reload"}


def test_engine_reload_has_no_writer_of_its_own() -> None:
    assert RELOAD.writer(POOL) is None
    assert Engine("dns", 9053).writer(POOL) is not None
