# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probe one member of a pool, on asyncio's loop. What is said to a member stands in `_probe`.

A probe costs 0.15 ms of CPU if the caller starts a few dozen at once, and thrice as much if it
wakes up for each: start them in ten groups a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket

from .._nginx.checks import seconds
from .._nginx.health import Health
from .._probe.conversation import Conversation, HttpConversation
from .._probe.conversations import start
from .._probe.https import HttpsConversation
from .._probe.mysql_role import Account, MysqlRoleConversation
from .._probe.redis import RedisConversation
from .._probe.target import OPEN, WRONG_STATUS, Target

USER_AGENT = "peerlb-health"
# Begins a reason that says nothing about the member: this host has no socket to probe it with.
UNPROBED = "cannot be probed from here"

_ERROR_STATUS = 500  # without `expect`, a status below it is good
_REASONS = {
    errno.ECONNREFUSED: "refuses connections",
    errno.ECONNRESET: "resets connections",
    errno.ECONNABORTED: "does not answer",  # this unit cut the connection: see silence.py
}
_OWN_ERRORS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)


async def probe(health: Health, address: str, port: int, account: Account | None = None) -> str:
    """Return "" if a member is good, else why it is not: "answers 503, good would be 200".

    account: the one that asks a MySQL server whether it takes writes. The probe takes no longer
    than the timeout of the health check, and leaves no socket open.
    """
    if health.type == "none":
        return ""
    if health.type == "mysql" and health.writes and account is None:
        return "cannot be asked whether it takes writes: there is no account for that"
    conversation = _conversation(health, address, port, account)
    try:
        broken = await _converse(conversation, (address, port), seconds("timeout", health.timeout))
    except OSError as exc:
        return _failure(exc)
    return broken or _judge(health, conversation)


def _conversation(health: Health, address: str, port: int, account: Account | None) -> Conversation:
    name, kind = f"{address}:{port}", health.type
    target = Target(
        name, address, port, kind, path=health.path, host=health.host, statuses=health.expect
    )
    if health.type == "http":
        return HttpConversation(target, USER_AGENT)
    if health.type == "https":
        return HttpsConversation(target, USER_AGENT)
    if health.type == "redis":
        return RedisConversation(target, health.writes)
    if health.writes and account is not None:
        return MysqlRoleConversation(target, account)
    return start(target)


async def _converse(conversation: Conversation, place: tuple[str, int], timeout: float) -> str:
    """Return why the conversation came to no end, "" if it did. Raises OSError: no connection."""
    with socket.socket(type=socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as connection:
        try:
            talk = _talk(conversation, connection, place)
            return await asyncio.wait_for(talk, timeout)
        except asyncio.TimeoutError:
            awaited = f"sends no {conversation.awaited}"
            return f"{awaited if _is_open(connection) else 'does not answer'} in {timeout:g} s"
        finally:  # also if the unit stops in the midst of a probe
            if conversation.outcome is None:
                with contextlib.suppress(OSError):
                    connection.send(conversation.parting)


async def _talk(
    conversation: Conversation, connection: socket.socket, place: tuple[str, int]
) -> str:
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, place)
    reply = conversation.opening
    try:
        while True:
            await loop.sock_sendall(connection, reply)
            if conversation.outcome is not None:
                return ""
            data = await loop.sock_recv(connection, 4096)
            if not data:
                return f"closes the connection before the {conversation.awaited}"
            reply = conversation.receive(data)
    except ConnectionError:
        return f"resets the connection before the {conversation.awaited}"


def _is_open(connection: socket.socket) -> bool:
    try:
        connection.getpeername()
    except OSError:
        return False
    return True


def _failure(exc: OSError) -> str:
    code = exc.errno or 0
    if code in _OWN_ERRORS:
        return f"{UNPROBED}: {os.strerror(code)}"
    return _REASONS.get(code, f"cannot be reached: {exc.strerror}")


def _judge(health: Health, conversation: Conversation) -> str:
    outcome = conversation.outcome
    if outcome is not None and outcome.state == WRONG_STATUS:
        return f"answers {outcome.detail}"
    if outcome is not None and outcome.state != OPEN:
        return conversation.complaint or outcome.detail
    status = conversation.status if isinstance(conversation, HttpConversation) else 0
    if not health.expect and status >= _ERROR_STATUS:
        return f"answers {status}, good would be below {_ERROR_STATUS}"
    return conversation.complaint
