# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""asyncio's loop in a thread, for tests that talk to it from outside."""

from __future__ import annotations

import asyncio
import threading
import typing as t

Value = t.TypeVar("Value")


class LoopThread:
    """A loop that runs until `end`."""

    def __init__(self) -> None:
        """Start the thread."""
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()

    def do(self, work: t.Coroutine[t.Any, t.Any, Value]) -> Value:
        """Return what a coroutine returns, in at most 5 s."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(5)

    def end(self) -> None:
        """Cancel what runs in the loop, and end the thread."""
        self.do(_cancel_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _cancel_others() -> None:
    # Before Python 3.12 asyncio.wait_for() ignores it if its work ends in the same moment.
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            task.cancel()
        await asyncio.wait(others, timeout=0.2)
