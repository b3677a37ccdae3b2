# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name server of live pools in a thread, for tests in which a real nginx asks it."""

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.codec import (
    Question,
    Service,
    Zone,
)
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.server import Server
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share

from .loops import LoopThread
from .nginx import free_port


class NameServer(Server):
    """A name server that records the questions; stop it and start it as often as you like."""

    def __init__(self, port: int = 0) -> None:
        """Take a port, or choose one; nothing is bound before `run`."""
        self.port = port or free_port()
        super().__init__(self.port, lambda *_words: None)
        self.questions: list[Question] = []
        self._thread: LoopThread | None = None

    def run(self) -> None:
        """Answer questions in a thread of its own."""
        self._thread = LoopThread()
        self._thread.do(self.start())

    def stop(self) -> None:
        """Free the port, as if the program was killed; a second call has no effect."""
        if self._thread:
            self._thread.do(self.close())
            self._thread.end()
            self._thread = None

    def tell(self, answers: dict[Service, list[Share]]) -> None:
        """Answer with these shares from now on."""
        self.zone = Zone(answers)

    def _answer(self, query: bytes, limit: int) -> bytes | None:
        question = Question.read(query)
        if question:
            self.questions.append(question)
        return super()._answer(query, limit)
