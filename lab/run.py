# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run programs, and say what is done and how long it took."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import typing as t
from pathlib import Path

# Nothing goes on working on the lab behind the back of a command that was killed.
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


class LabError(Exception):
    """Something the user should read as one line."""


def run(
    *argv: str | Path,
    text: str | None = None,
    check: bool = True,
    wrap: t.Callable[[t.Sequence[str | Path]], t.Sequence[str | Path]] = tuple,
) -> str:
    """Run a program and return what it prints; a LabError holds what it said on failure.

    wrap puts the program into another one, of which the user need not read.
    """
    words = [*DIE_WITH_US, *(str(word) for word in wrap(argv))]
    try:
        done = subprocess.run(words, input=text or "", capture_output=True, text=True, check=False)
    except OSError as exc:
        raise LabError(f"can not run {argv[0]}: {exc.strerror}") from None
    if check and done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        shown = _cut(" ".join(str(word) for word in argv), 80)
        raise LabError(f"{shown}: exit {done.returncode}: {_cut('; '.join(said[-3:]), 400)}")
    return done.stdout


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def say(text: str) -> None:
    sys.stdout.write(f"lab: {text}\n")  # one write: threads do not mix their lines
    sys.stdout.flush()


@contextlib.contextmanager
def step(text: str) -> t.Iterator[None]:
    """Say what was done, with its seconds, when it is done."""
    start = time.monotonic()
    yield
    say(f"{text} ({time.monotonic() - start:.1f} s)")


def wait_until(done: t.Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Return whether done() came true within seconds."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
