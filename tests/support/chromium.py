# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control a headless Chromium over a pipe, and read its screenshots."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import time
import typing as t
import zlib
from pathlib import Path

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"),
)
TIMEOUT = 60  # seconds for one answer
Rgb = tuple[int, int, int]


class Chromium:
    """One tab of a browser, controlled by commands of the Chrome DevTools Protocol."""

    def __init__(self, process: subprocess.Popen, to: int, of: int) -> None:
        self.process, self._to, self._of = process, to, of
        self._numbers = itertools.count(1)
        self._read = b""
        self.events: list[dict] = []
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: t.Any) -> dict:
        """Send a command, such as "Page.navigate", and return the browser's result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def _message(self) -> dict:
        deadline = time.monotonic() + TIMEOUT
        while b"\0" not in self._read:
            ready = select.select([self._of], [], [], max(deadline - time.monotonic(), 0))[0]
            assert ready, f"the browser gave no answer in {TIMEOUT} s"
            chunk = os.read(self._of, 1 << 20)
            assert chunk, "the browser ended"
            self._read += chunk
        line, self._read = self._read.split(b"\0", 1)
        return json.loads(line)

    def open(self, page: Path, width: int, theme: str) -> None:
        """Show a file on a screen of this width in pixels, in the theme "light" or "dark"."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": theme}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        deadline = time.monotonic() + TIMEOUT
        while self.evaluate("location.protocol + document.readyState") != "file:complete":
            assert time.monotonic() < deadline, "the page did not load"

    def wait(self, expression: str, value: str) -> None:
        """Wait until an expression has this value."""
        deadline = time.monotonic() + TIMEOUT
        while self.evaluate(expression) != value:
            assert time.monotonic() < deadline, f"{expression} did not become {value}"
            time.sleep(0.05)

    def evaluate(self, expression: str) -> t.Any:
        """Return the value of an expression of JavaScript in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def requests(self) -> list[str]:
        """Return the URLs that the page has loaded."""
        sent = [e for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """Return the warnings and errors of the browser's console."""
        logged = [
            e["params"]["entry"]["text"] for e in self.events if e.get("method") == "Log.entryAdded"
        ]
        thrown = [
            str(e["params"]) for e in self.events if e.get("method") == "Runtime.exceptionThrown"
        ]
        return logged + thrown

    def screenshot(self, clip: dict[str, float] | None = None) -> bytes:
        """Return a PNG of the whole page, or of a part of it."""
        options: dict[str, t.Any] = {"captureBeyondViewport": True}
        if clip is None:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}
        answer = self.call("Page.captureScreenshot", clip={**clip, "scale": 1}, **options)
        return base64.b64decode(answer["data"])

    def pixels(self, clip: dict[str, float]) -> list[list[Rgb]]:
        """Return the rows of pixels of a part of the page, each as (red, green, blue)."""
        return read_png(self.screenshot(clip))


@contextlib.contextmanager
def started(profile: Path, *flags: str, entering: t.Sequence[str] = ()) -> t.Iterator[Chromium]:
    """Start a browser with its own profile, and end it with all of its processes.

    entering: the words before its command, such as those that enter a network namespace.
    """
    command = shutil.which("chromium")
    assert command, "chromium is missing: scripts/setup installs it (as root)"
    theirs_in, to = os.pipe()
    of, theirs_out = os.pipe()
    # The browser reads its commands from file 3 and answers on file 4.
    script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    arguments = [*entering, command, *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", *arguments],
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Chromium(process, to, of)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(to)
        os.close(of)


def read_png(data: bytes) -> list[list[Rgb]]:
    """Return the rows of pixels of a PNG as Chromium writes it: 8 bits, not interlaced."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += length + 12
    width, height, depth, kind, _method, _filter, interlaced = struct.unpack(
        ">IIBBBBB", chunks[0][1]
    )
    assert (depth, interlaced) == (8, 0)
    size = {2: 3, 6: 4}[kind]
    raw = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    line, rows = bytearray(width * size), []
    for number in range(height):
        begin = number * (width * size + 1)
        line = _unfiltered(raw[begin], raw[begin + 1 : begin + 1 + width * size], line, size)
        rows.append([(line[i], line[i + 1], line[i + 2]) for i in range(0, len(line), size)])
    return rows


def _unfiltered(kind: int, line: bytes, above: bytearray, size: int) -> bytearray:
    found = bytearray(line)
    for i, value in enumerate(line):
        left = found[i - size] if i >= size else 0
        corner = above[i - size] if i >= size else 0
        found[i] = (value + _predicted(kind, left, above[i], corner)) & 255
    return found


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        candidates = (left, up, corner)
        return min(candidates, key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2)[kind]
