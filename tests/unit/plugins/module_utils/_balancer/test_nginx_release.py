# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.nginx_release import (
    NginxRelease,
)

SERVER = "server {{\n    listen {};\n    access_log off;\n    include release.conf;\n}}\n"


def test_byte_that_moves_from_text_to_path_changes_the_id() -> None:
    assert NginxRelease({"a": "bc"}).id != NginxRelease({"ab": "c"}).id


@pytest.mark.parametrize(
    "text, port",
    [
        (SERVER.format("127.0.0.1:9000"), 9000),
        (SERVER.format("9000"), 9000),
        ("server {\n    listen 127.0.0.1:80;\n}\n" + SERVER.format("127.0.0.1:9000"), 9000),
        (SERVER.format("[::1]:9000"), 8081),
        ("server {\n    listen 127.0.0.1:9000;\n}\n", 8081),
        ("    # listen 127.0.0.1:9000;\n    include release.conf;\n", 8081),
    ],
)
def test_status_port_is_that_of_the_server_with_release_conf(text: str, port: int) -> None:
    assert NginxRelease({"nginx.conf": "#", "any.conf": text}).status_port(8081) == port
