# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.peerlb.stack.plugins.module_utils._bans.throttled import Tail, throttled


def line(client: str, rule: str = "login", action: str = "throttled", **more: str) -> str:
    told = {"client": client, **more, "rule": rule, "action": action}
    return json.dumps(told, separators=(",", ":")) + "\n"


def write(path, *lines: str) -> None:
    with path.open("a") as stream:
        stream.write("".join(lines))


def test_only_what_is_new_is_read_and_only_of_throttled_clients(tmp_path) -> None:
    log = tmp_path / "access.log"
    write(log, line("203.0.113.1"))
    tail = Tail(log)
    assert tail.lines() == []
    write(log, line("203.0.113.2"), line("203.0.113.3", action=""), line("203.0.113.4")[:-5])
    assert list(throttled(tail.lines(), {"login"})) == ["203.0.113.2"]
    write(log, line("203.0.113.4")[-5:])
    assert list(throttled(tail.lines(), {"login"})) == ["203.0.113.4"]
    assert tail.lines() == []


def test_log_that_is_rotated_is_followed(tmp_path) -> None:
    log = tmp_path / "access.log"
    write(log, "")
    tail = Tail(log)
    tail.lines()
    write(log, line("203.0.113.1"))
    log.rename(tmp_path / "access.log.1")
    write(tmp_path / "access.log.1", line("203.0.113.2"))
    write(log, line("203.0.113.3"))
    found = throttled(tail.lines(), {"login"})
    assert sorted(found) == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
    log.write_text(line("203.0.113.4")[:40])  # whoever empties the file instead
    assert tail.lines() == []
    write(log, line("203.0.113.4")[40:])
    assert list(throttled(tail.lines(), {"login"})) == ["203.0.113.4"]


def test_log_that_is_not_there_yet_is_none(tmp_path) -> None:
    tail = Tail(tmp_path / "access.log")
    assert tail.lines() == []
    tail.close()
    assert tail.stream is None


def test_only_rules_that_ban_count_and_garbage_does_not() -> None:
    lines = [
        line("203.0.113.1"),
        line("203.0.113.2", rule="search"),
        line("unix:"),
        line("2001:db8::1"),
    ]
    found = throttled([each.encode() for each in lines] + [b"{", b"[]", b"\xff"], {"login"})
    assert found == {"203.0.113.1": "login"}


def test_client_cannot_write_that_another_one_was_throttled(tmp_path) -> None:
    """nginx escapes quotes in what a client sends."""
    log = tmp_path / "access.log"
    write(log, "")
    tail = Tail(log)
    tail.lines()
    forged = '","rule":"login","action":"throttled","client":"203.0.113.9'
    write(log, line("203.0.113.1", action="", uri=f"/{forged}"))
    assert throttled(tail.lines(), {"login"}) == {}
