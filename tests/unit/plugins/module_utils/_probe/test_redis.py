# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.redis import RedisConversation
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import Outcome, Target

TARGET = Target("here", "10.1.0.2", 6379)
PONG = b"+PONG\r\n"
UP = Outcome("open", True, "Redis answer")
# As Redis 7.0 sends them.
MASTER = b"*3\r\n$6\r\nmaster\r\n:3129659\r\n*0\r\n"
REPLICA = b"*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:9000\r\n$9\r\nconnected\r\n:3167038\r\n"
SENTINEL = b"*2\r\n$8\r\nsentinel\r\n*0\r\n"
NOAUTH = b"-NOAUTH Authentication required.\r\n"
LOADING = b"-LOADING Redis is loading the dataset in memory\r\n"
MASTERDOWN = b"-MASTERDOWN Link with MASTER is down.\r\n"


def test_commands_are_plain_lines() -> None:
    assert RedisConversation(TARGET).opening == b"PING\r\n"
    assert RedisConversation(TARGET, writes=True).opening == b"PING\r\nROLE\r\n"


@pytest.mark.parametrize(
    "writes, answer, complaint",
    [
        (False, PONG, ""),
        (False, NOAUTH, ""),
        (False, LOADING, "answers LOADING Redis is loading the dataset in memory"),
        (False, MASTERDOWN, "answers MASTERDOWN Link with MASTER is down"),
        (False, b"-ERR unknown\x1b command\r\n", "answers ERR unknown. command"),
        (True, PONG + MASTER, ""),
        (True, PONG + REPLICA, "is a replica"),
        (True, PONG + SENTINEL, "says its role is sentinel"),
        (True, NOAUTH + NOAUTH, "needs a password to tell its role"),
        (True, PONG + b"-NOPERM no\r\n", "needs a password to tell its role"),
        (True, LOADING + MASTER, "answers LOADING Redis is loading"),
    ],
)
def test_answer(writes: bool, answer: bytes, complaint: str) -> None:
    whole, pieces = RedisConversation(TARGET, writes), RedisConversation(TARGET, writes)
    assert whole.receive(answer) == b""
    for index in range(len(answer)):
        if pieces.outcome is None:
            pieces.receive(answer[index : index + 1])
    for probe in (whole, pieces):
        assert probe.outcome == UP
        assert probe.complaint.startswith(complaint) and bool(probe.complaint) == bool(complaint)


def test_role_is_waited_for() -> None:
    probe = RedisConversation(TARGET, writes=True)
    probe.receive(PONG + MASTER[:10])
    assert probe.outcome is None


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"+" + b"x" * 600])
def test_other_protocol_is_told(answer: bytes) -> None:
    probe = RedisConversation(TARGET)
    probe.receive(answer)
    assert probe.outcome and probe.outcome.state == "wrong_protocol"
    assert probe.outcome.detail.startswith("not Redis: b'")
