# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import socket
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live import silence
from ansible_collections.peerlb.stack.plugins.module_utils._live.silence import (
    Connection,
    Watch,
    parse,
    port_filter,
    watch,
)

WEB2 = "10.1.0.3:3000"
TABLE = """\
ESTAB    0 0   10.0.0.2:58912 10.1.0.3:3000 timer:(keepalive,118min,0)
ESTAB    0 512 10.0.0.2:58913 10.1.0.3:3000 timer:(on,1.4sec,3)
SYN-SENT 0 1   10.0.0.2:58914 10.1.0.3:3000 timer:(on,750ms,0)
ESTAB    0 0   10.0.0.2:58915 10.1.0.3:3000
"""


def connection(port: int, *, opening: bool = False, repeats: int = 0, to: str = WEB2) -> Connection:
    """Return a connection from a local port to a member."""
    return Connection(f"10.0.0.2:{port}", to, opening, repeats)


def test_table_of_ss_is_read() -> None:
    assert parse(TABLE) == [
        connection(58912),
        connection(58913, repeats=3),
        connection(58914, opening=True),
        connection(58915),
    ]


def test_connection_with_many_repetitions_is_cut_and_its_member_is_silent() -> None:
    memory = Watch(3)
    idle, first, second = connection(1), connection(2, repeats=2), connection(3, repeats=1)
    assert memory.judge([idle, first, second], 0) == []
    first = connection(2, repeats=3)
    elsewhere = connection(4, repeats=2, to="10.1.0.2:3000")
    assert memory.judge([idle, first, second, elsewhere], 0.8) == [first, second]
    assert memory.silent == {WEB2}


def test_silent_member_has_little_time_to_accept() -> None:
    memory = Watch(3)
    attempt, later = connection(1, opening=True), connection(2, opening=True)
    assert memory.judge([attempt], 0) == []
    assert memory.judge([attempt], 0.4) == []
    assert memory.judge([attempt, later], 0.5) == [attempt]
    assert memory.judge([later], 0.7) == [later]


def test_member_that_accepts_is_silent_no_more() -> None:
    memory = Watch(3)
    kept, attempt = connection(1), connection(2, opening=True)
    memory.judge([kept, attempt], 0)
    memory.judge([kept, attempt], 0.5)
    memory.judge([kept], 0.6)
    assert memory.silent == {WEB2}
    assert memory.judge([kept, connection(3)], 0.7) == []
    assert memory.silent == set()


def test_kernel_filters_by_the_ports_of_the_members() -> None:
    assert port_filter([WEB2, "10.1.0.2:3306", "10.1.0.2:3000"]) == (
        "( dport = :3000 or dport = :3306 )"
    )
    many = [f"10.1.0.2:{port}" for port in range(3000, 3101)]
    assert port_filter(many) == "( dport >= :3000 and dport <= :3100 )"


class Run:
    """watch() in a loop of its own, until a condition holds or 5 s are over."""

    def __init__(self, *places: str) -> None:
        self.memory, self.places = Watch(3), list(places)

    def until(self, condition: t.Callable[[], bool]) -> None:
        """Run until the condition holds; fail if it never does."""
        asyncio.run(asyncio.wait_for(self._until(condition), 5))

    async def _until(self, condition: t.Callable[[], bool]) -> None:
        task = asyncio.ensure_future(watch(lambda: self.places, self.memory))
        while not condition() and not task.done():
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_member_that_accepts_no_connection_is_silent_and_its_connections_are_found() -> None:
    with socket.socket() as full, socket.socket() as filler, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        filler.connect(full.getsockname())  # the queue has no room for another connection
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
        run = Run("{}:{}".format(*full.getsockname()), "10.255.255.1:9")
        run.until(lambda: bool(run.memory.silent))
        assert run.memory.silent == {run.places[0]}


@pytest.fixture
def fake_ss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an `ss` that prints the file `table` and notes its arguments before the real one."""
    script = tmp_path / "ss"
    script.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked; cat {tmp_path}/table\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(silence, "PAUSE", 0.05)
    return tmp_path


def test_dead_connections_are_cut_by_one_command_and_said(fake_ss: Path, capsys: t.Any) -> None:
    (fake_ss / "table").write_text(TABLE.replace("750ms,0", "750ms,3"))
    printed: list[str] = []
    run = Run(WEB2)
    run.until(lambda: bool(printed.append(capsys.readouterr().out) or "cut" in "".join(printed)))
    asked = (fake_ss / "asked").read_text().splitlines()
    assert asked[:2] == [
        "-Htno state established state syn-sent ( dport = :3000 )",
        f"-KHtn ( src 10.0.0.2:58913 and dst {WEB2} )",
    ]
    assert f"cut 10.0.0.2:58913 -> {WEB2}: no answer\n" in "".join(printed)
    assert run.memory.silent == {WEB2}


def test_connections_to_other_places_are_left_alone(fake_ss: Path) -> None:
    (fake_ss / "table").write_text(TABLE)
    run = Run("10.1.0.4:3000")
    run.until((fake_ss / "asked").exists)
    assert run.memory.silent == set()
    assert "-KHtn" not in (fake_ss / "asked").read_text()


def test_member_that_left_the_pool_is_silent_no_more(fake_ss: Path) -> None:
    (fake_ss / "table").write_text("")
    run = Run("10.1.0.4:3000")
    run.memory.silent = {WEB2}
    run.until(lambda: not run.memory.silent)


def test_failing_command_is_said_once_and_tried_again(fake_ss: Path, capsys: t.Any) -> None:
    tries = fake_ss / "asked"
    run = Run(WEB2)  # there is no table, so cat fails
    run.until(lambda: tries.exists() and tries.read_text().count("\n") > 2)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("connections cannot be watched: ss ends with 1: cat: ")
    (fake_ss / "table").write_text(TABLE)
    run.until(lambda: bool(run.memory.silent))


def test_missing_command_does_not_end_the_watch(
    monkeypatch: pytest.MonkeyPatch, capsys: t.Any
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    printed: list[str] = []
    Run(WEB2).until(lambda: bool(printed.append(capsys.readouterr().out) or any(printed)))
    assert "ss cannot be run: No such file or directory" in "".join(printed)
