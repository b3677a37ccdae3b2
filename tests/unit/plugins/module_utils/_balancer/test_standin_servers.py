# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_servers import (
    by_listener,
    by_socket,
    server,
    undefined,
)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ('"$scheme://$host:${server_port}/"', "${peerlb_standin_scheme}://$host"),
        ("$schemes", "$schemes"),
        ("$ssl_server_name", "$host"),
        ("$ssl_server_name_x", "$ssl_server_name_x"),
    ],
)
def test_variables_of_the_connection_are_told_by_the_socket(word, found) -> None:
    assert found in by_socket(word)


def test_value_by_listener_is_written_for_the_end_of_its_path() -> None:
    assert by_listener("x", {"any-80.listener": "http"}, "0") == [
        *("map $server_addr $x {", "    default 0;"),
        *(r'    "~/any-80\.listener$" http;', "}"),
    ]


def test_stand_in_tells_what_it_was_asked() -> None:
    told = 'add_header X-Peerlb-Standin "web $request_method $request_uri";'
    assert told in server("/s/0.standin", "web")


@pytest.mark.parametrize(
    ("emptied", "text", "names"),
    [
        ("", "", ["peerlb_route"]),
        ("set $a 1;", "", ["a", "peerlb_route"]),
        ("set $a 1;", "set $a 2; set $peerlb_route x;", []),
        ("geo $remote_addr $a { }\nmap $x $b { }", "", ["a", "b", "peerlb_route"]),
        ('map "$x $y" $a { }', "", ["a", "peerlb_route"]),
        ('split_clients "$x" $a { * 1; }', 'map "$a$b" $c { }', ["a", "peerlb_route"]),
    ],
)
def test_variables_that_only_emptied_files_define_are_found(emptied, text, names) -> None:
    assert undefined([emptied], text) == names
