# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.running import running_nginx


class Engine:
    """An engine whose container answers `nginx -v` with a text, as nginx does, on stderr."""

    def __init__(self, text: str) -> None:
        self.text = text

    def run(self, command: list[str]) -> tuple[int, str, str]:
        assert command == ["docker", "exec", "peerlb-nginx", "nginx", "-v"]
        return (0 if "version" in self.text else 1), "", self.text


@pytest.mark.parametrize(
    ("text", "version", "holes"),
    [
        ("nginx version: nginx/1.30.3", "1.30.3", True),
        ("nginx version: nginx/1.30.4", "1.30.4", False),
        ("nginx version: openresty/1.31.0.1", "1.31.0", False),
        ("Error response from daemon: No such container", "", False),
    ],
)
def test_version_that_runs_is_told_with_its_holes(text, version, holes) -> None:
    found = running_nginx(Engine(text), "peerlb-nginx")
    assert found["version"] == version
    assert ("first release without is 1.30.4" in found["note"]) == holes
