# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._url_map.named import named_pools

RULES = [{"path": "/a", "pool": "api"}, {"path": "/b", "pools": {"next": 1, "webapp": 9}}]


@pytest.mark.parametrize(
    ("url_map", "pools"),
    [
        ({"hosts": [{"default": "webapp"}]}, ["webapp"]),
        ({"hosts": [{"rules": RULES, "default": "webapp"}]}, ["webapp", "api", "next"]),
        ({"hosts": [{"default": {"pools": {"a": 1, "b": 2}}}]}, ["a", "b"]),
        ({"hosts": [{"default": {"redirect": "https://x.example/"}}]}, []),
        ({"hosts": [7, {"rules": "x", "default": 3}, {"rules": [{"pool": 5}]}]}, []),
        ({"hosts": "x"}, []),
        ([], []),
        (None, []),
    ],
)
def test_pools_are_found_as_they_were_written(url_map, pools) -> None:
    assert named_pools(url_map) == pools
