# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell people what happened to a pool: a command or a webhook of their own, `peerlb_notify`.

Neither may hold the unit up: `Notifier.tell` puts an event into a short queue, and one worker takes
them out. The URL of a webhook may hold a token, so no message repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import os
import signal
import socket
import ssl
import typing as t
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from dataclasses import dataclass, field

from .._values.entries import errors_at, misfit, read_mapping, typed
from .journal import say

EVENTS = (
    "member_out",
    "member_back",
    "panic",
    "panic_over",
    "unit_failed",
    "flapping",
    "certificate_failed",
)
TIMEOUT = 10.0  # seconds for a command or a webhook
QUEUE = 100  # events that wait; the oldest is dropped for one more
_SHOWN = 300  # characters of a command's output in a message


@dataclass(frozen=True)
class Hook:
    """Whom to tell: a command with its arguments, the URL of a webhook, both, or nobody."""

    command: tuple[str, ...] = ()
    url: str = field(default="", repr=False)

    @classmethod
    def parse(cls, entry: t.Any) -> Hook:
        """Return the hook that an entry describes; {} and None mean that nobody is told.

        {"command": ["/usr/local/bin/tell", "oncall"]} and {"url": "https://hooks.example/x"} are
        entries. A ValueError names the setting at fault.
        """
        with errors_at("peerlb_notify"):
            settings = read_mapping(entry or {}, (), ("command", "url"))
            command = typed("command", settings.get("command") or [], list)
            if not all(isinstance(word, str) and word for word in command):
                raise misfit("command", command, "a list of texts: a program and its arguments")
            if command and not command[0].startswith("/"):
                raise misfit("command", command, "one that begins with an absolute path")
            url = settings.get("url") or ""
            if url and not _is_web_address(url):
                raise ValueError("url is no address of the web such as https://hooks.example/x")
            return cls(tuple(command), url)


def _is_web_address(url: t.Any) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except (ValueError, AttributeError, TypeError):
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    return valid and plain and parts.scheme in ("http", "https")


def event(what: str, pool: str = "", member: str = "", why: str = "") -> dict[str, str]:
    """Return an event of this host and moment; what is one of EVENTS.

    {"event": "member_out", "host": "lb1", "pool": "webapp", "member": "web2",
     "why": "refuses connections", "at": "2026-11-28T18:00:00+00:00"}
    """
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    names = {"host": socket.gethostname(), "pool": pool, "member": member}
    return {"event": what, **names, "why": why, "at": now}


class Notifier:
    """The queue of events and the worker that tells them. Make it while the loop runs.

    dropped: how many events found the queue full and cost the oldest its place.
    """

    def __init__(self, hook: Hook) -> None:
        self.hook, self.dropped = hook, 0
        self._waiting: deque[dict] = deque(maxlen=QUEUE)
        self._filled = asyncio.Event()

    def tell(self, news: dict) -> None:
        """Put an event into the queue; return at once."""
        if not (self.hook.command or self.hook.url):
            return
        self.dropped += len(self._waiting) == QUEUE
        self._waiting.append(news)
        self._filled.set()

    async def run(self) -> None:
        """Tell events for ever, one after the other, and print what goes wrong."""
        said = 0
        while True:
            await self._filled.wait()
            while self._waiting:
                problem = await notify(self.hook, self._waiting.popleft())
                if problem:
                    say(f"peerlb_notify: {problem}")
                if self.dropped > said:
                    say(f"peerlb_notify: {self.dropped - said} events dropped")
                    said = self.dropped
            self._filled.clear()


def tell_of_failure(hook: Hook, environment: t.Mapping[str, str]) -> str:
    """Tell that the unit has failed, as systemd's ExecStopPost; return as notify() does.

    environment is that of ExecStopPost: SERVICE_RESULT is "success" after an ordinary stop, of
    which nobody is told.
    """
    result = environment.get("SERVICE_RESULT", "success")
    if result == "success":
        return ""
    status = environment.get("EXIT_STATUS", "")
    why = f"the unit ended: {result}" + (f", status {status}" if status else "")
    return asyncio.run(notify(hook, event("unit_failed", why=why)))


async def notify(hook: Hook, news: dict) -> str:
    """Tell one event to the command and to the webhook; return "" or what went wrong."""
    data = json.dumps(news).encode()
    calls = []
    if hook.command:
        calls.append(_run_command(hook.command, data))
    if hook.url:
        calls.append(_call_webhook(hook.url, data))
    return "; ".join(filter(None, await asyncio.gather(*calls)))


async def _run_command(command: t.Sequence[str], data: bytes) -> str:
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=both, start_new_session=True
        )
    except (OSError, ValueError) as exc:
        return f"the command {command[0]} cannot be run: {exc}"
    try:
        output = await asyncio.wait_for(_talk(process, data), TIMEOUT)
    except asyncio.TimeoutError:
        await _kill(process)
        return f"the command {command[0]} did not end in {TIMEOUT:g} s"
    except asyncio.CancelledError:  # the unit stops
        await _kill(process)
        raise
    if process.returncode == 0:
        return ""
    words = " ".join(output.decode(errors="replace").split()) or "no output"
    return f"the command {command[0]} ended with {process.returncode}: {words}"


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a process and its children, which are one process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _talk(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    """Give a process its input, wait until it ends, and return the last of its output."""
    to_it = t.cast("asyncio.StreamWriter", process.stdin)
    to_it.write(data)  # less than a pipe holds
    to_it.close()
    output = b""
    while chunk := await t.cast("asyncio.StreamReader", process.stdout).read(4096):
        output = (output + chunk)[-_SHOWN:]
    await process.wait()
    return output


async def _call_webhook(url: str, data: bytes) -> str:
    posting = asyncio.get_running_loop().run_in_executor(None, _post, url, data)
    try:
        return await asyncio.wait_for(posting, TIMEOUT)
    except asyncio.TimeoutError:
        return f"the webhook did not answer in {TIMEOUT:g} s"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: t.Any, **_more: t.Any) -> None:
        """Follow no redirect: it would turn the POST into a GET, or TLS into clear text."""


def _post(url: str, data: bytes) -> str:
    headers = {"Content-Type": "application/json", "User-Agent": "peerlb-notify"}
    request = urllib.request.Request(url, data, headers)
    verified = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(_NoRedirect, verified)
    try:
        opener.open(request, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as exc:
        exc.close()
        return f"the webhook answers {exc.code}"
    except Exception as exc:  # of many kinds, and their texts may hold the URL
        cause = getattr(exc, "reason", exc)
        name = getattr(cause, "reason", "") if isinstance(cause, ssl.SSLError) else ""
        why = name or getattr(cause, "strerror", None) or type(cause).__name__
        return f"the webhook cannot be reached: {why}"
    return ""
