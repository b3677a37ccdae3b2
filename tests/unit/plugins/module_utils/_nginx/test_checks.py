# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import (
    read_settings,
    seconds,
)
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener


@pytest.mark.parametrize(
    ("value", "number"), [("0", 0), ("10s", 10), ("500ms", 0.5), ("10m", 600), (5, 5)]
)
def test_time_as_nginx_writes_it_is_read(value, number) -> None:
    assert seconds("timeout", value) == number


@pytest.mark.parametrize("value", ["", "soon", "10 s", "1m30s;", "-1s"])
def test_other_time_is_refused(value) -> None:
    with pytest.raises(ValueError) as caught:
        seconds("timeout", value)
    assert str(caught.value) == f"timeout is {value!r}, not a time such as 500ms, 10s or 10m"


def test_setting_without_a_value_has_the_default() -> None:
    settings = read_settings(Listener, {"port": 80, "address": None})
    assert settings == {
        "port": 80,
        "protocol": "http",
        "address": "",
        "allow": (),
        "tls": False,
        "routes": (),
    }


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("web", "is 'web', not a mapping with port"),
        ({"address": ""}, "port is missing"),
        (
            {"port": 80, "ssl": 1},
            "unknown key ssl; known: port, pool, protocol, address, allow, tls, routes",
        ),
    ],
)
def test_settings_are_refused(entry, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        read_settings(Listener, entry, ("port",))
    assert str(caught.value) == complaint
