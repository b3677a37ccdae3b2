# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker import daemon as _daemon
from ansible_collections.peerlb.stack.plugins.module_utils._docker.daemon import Daemon

FINGERPRINT = "D19EFB437E135A2D4EA4B49FEFDD442AB189ED92"
ARMORED = b"""\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEawq15xYJKwYBBAHaRw8BAQdAZ+v0jWz9YKw/lIjHy/6fYzzpwddYuS8MKswX
Y9qmNlK0EHRlc3RAZXhhbXBsZS5vcmeIkAQTFggAOBYhBNGe+0N+E1otTqS0n+/d
RCqxie2SBQJrCrXnAhsDBQsJCAcCBhUKCQgLAgQWAgMBAh4BAheAAAoJEO/dRCqx
ie2SchkA/3bMBHPDZz+sC+yP4nl9a0s2MQrI9pAdBYtIvpL6NvXAAQDI6FN5I+Dr
3jgs1zBnLbrFsBYyDGTPLKc7m/2Ngf/+DA==
=fhLr
-----END PGP PUBLIC KEY BLOCK-----
"""


class FakeHost:
    """A host whose engine takes its labels from daemon.json when it starts or reloads."""

    def __init__(self, path) -> None:
        self.path = path
        self.labels: list[str] = []
        self.active, self.enabled = "inactive", "disabled"
        self.refuse: dict[str, str] = {}
        self.breaks_on = ""
        self.done: list[str] = []

    def run(self, command: list[str], **_options: t.Any) -> tuple[int, str, str]:
        verb = command[1]
        if verb in self.refuse:
            return 1, "", self.refuse[verb]
        if command[0] == "journalctl":
            return 0, "the last line\n", ""
        if verb == "show":
            return 0, f"ActiveState={self.active}\nUnitFileState={self.enabled}\n", ""
        if verb == "info":
            return (0, json.dumps(self.labels), "") if self.active == "active" else (1, "", "down")
        self.done.append(verb)
        return self._change(verb)

    def _change(self, verb: str) -> tuple[int, str, str]:
        if verb == "enable":
            self.enabled = "enabled"
        if verb in ("start", "restart", "reload"):
            text = self.path.read_text()
            if self.breaks_on and self.breaks_on in text:
                self.active = "failed"
                return 1, "", "control process exited"
            self.active = "active"
            self.labels = json.loads(text)["labels"]
        return 0, "", ""


@pytest.fixture
def engine_host(tmp_path, monkeypatch) -> FakeHost:
    monkeypatch.setattr(_daemon, "CONFIRM_SECONDS", 0.2)
    return FakeHost(tmp_path / "docker/daemon.json")


@pytest.fixture
def daemon(engine_host) -> t.Callable[..., Daemon]:
    """Return the engine with settings whose labels are these."""

    def make(started: str = "s1", loaded: str = "l1", **settings: t.Any) -> Daemon:
        text = json.dumps({**settings, "labels": [started, loaded]})
        return Daemon(engine_host.run, text, started, loaded, engine_host.path)

    return make


@pytest.fixture
def key() -> tuple[bytes, str]:
    """Return an armored key and its fingerprint."""
    return ARMORED, FINGERPRINT
