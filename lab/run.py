# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs programs, and prints what the lab does and how long it takes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import typing as t
from pathlib import Path

# The kernel kills the program if the lab's command is killed.
DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


class LabError(Exception):
    """An error that the user reads as one line."""


def run(
    *argv: str | Path,
    text: str | None = None,
    check: bool = True,
    wrap: t.Callable[[t.Sequence[str | Path]], t.Sequence[str | Path]] = tuple,
) -> str:
    """Run a program and return its stdout. If it fails, LabError has the last lines of its output.

    *wrap* turns the command into the one to run. The error shows the command without it.
    """
    words = [*DIE_WITH_US, *(str(word) for word in wrap(argv))]
    try:
        done = subprocess.run(words, input=text or "", capture_output=True, text=True, check=False)
    except OSError as exc:
        raise LabError(f"cannot run {argv[0]}: {exc.strerror}") from None
    if check and done.returncode:
        output = (done.stderr.strip() or done.stdout.strip()).splitlines()
        shown = _cut(" ".join(str(word) for word in argv), 80)
        raise LabError(f"{shown}: exit {done.returncode}: {_cut('; '.join(output[-3:]), 400)}")
    return done.stdout


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def say(text: str) -> None:
    """Print a line for the user."""
    sys.stdout.write(f"lab: {text}\n")  # one write, so that threads do not mix their lines
    sys.stdout.flush()


@contextlib.contextmanager
def step(text: str) -> t.Iterator[None]:
    """Print *text* and the seconds that the block took, unless the block fails."""
    start = time.monotonic()
    yield
    say(f"{text} ({time.monotonic() - start:.1f} s)")


def wait_until(done: t.Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Return whether done() became true within *seconds*."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
