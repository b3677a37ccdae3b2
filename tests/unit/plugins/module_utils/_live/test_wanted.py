# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.report import digest
from ansible_collections.peerlb.stack.plugins.module_utils._live.wanted import Wanted, stamp

MEMBER = {"name": "web1", "address": "10.1.0.2", "port": 3000}
OTHER = {**MEMBER, "name": "web2", "address": "10.1.0.3"}
POOLS = [{"name": "webapp", "members": [MEMBER, OTHER]}]


@pytest.fixture
def root(tmp_path):
    directory = tmp_path / "releases/3f9a1c52be07"
    directory.mkdir(parents=True)
    overrides = {"webapp": {"web1": {"weight": 5}}}
    (directory / "state.json").write_text(json.dumps({"pools": POOLS, "overrides": overrides}))
    (tmp_path / "current").symlink_to("releases/3f9a1c52be07")
    return tmp_path


def test_words_of_operators_win_over_the_release(root) -> None:
    found = Wanted.read(root)
    assert (found.release, found.overrides) == ("3f9a1c52be07", "")
    assert [member.weight for member in found.pools[0].members] == [5, 1]
    live = {"webapp": {"web2": {"state": "drain"}, "gone": {"weight": 2}}, "other": {}}
    text = json.dumps({"overrides": live})
    (root / "overrides.json").write_text(text)
    found = Wanted.read(root)
    assert found.overrides == digest(text)
    assert [member.state for member in found.pools[0].members] == ["up", "drain"]


def test_what_is_damaged_is_an_error(root) -> None:
    before = stamp(root)
    (root / "overrides.json").write_text("")
    assert stamp(root) != before
    with pytest.raises(ValueError):
        Wanted.read(root)
    with pytest.raises(FileNotFoundError):
        Wanted.read(root / "nosuch")
