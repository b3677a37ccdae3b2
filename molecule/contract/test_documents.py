# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of README and docs, each run by a shell as it is written, in the page's order."""

from __future__ import annotations

import typing as t

import pytest
from support.commands import ON_THE_LAB, Command, chosen, commands
from support.lab import play, run

SHOWN = chosen(ON_THE_LAB, commands())
PAGES = list(dict.fromkeys(each.page for each in SHOWN))
# What the command of the tour has to say.
SAID = {
    "python -m lab next": "http://127.0.0.1:",
    "explain.yml -e from": "lb1 -> web2:3000 (http) fails at ",
    "explain.yml -e url": " is banned (403)",
    "lb_status.yml": "web1",
    "set_weights.yml -e weights=web1=3": " is live",
    "/drain.yml": "web2 gets no new requests",
}


@pytest.fixture
def undone() -> t.Iterator[None]:
    """Take back what the commands of a page have set."""
    yield
    run(["bash", "-c", "python -m lab start web1 web2"])
    assert play("set_weights", weights="inventory").returncode == 0
    assert play("unblock", client="203.0.113.10").returncode == 0
    assert play("maintenance", pool="webapp", state="off").returncode == 0


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page_work_as_they_are_written(page, undone) -> None:
    for command in (each for each in SHOWN if each.page == page):
        done = run(["bash", "-c", command.text], seconds=600)
        assert done.returncode == 0, f"{command.text}\n{done.stdout[-3000:]}{done.stderr}"
        if page == "docs/first-tour.md":
            check(command, " ".join(done.stdout.split()))


def check(command: Command, said: str) -> None:
    """Fail unless a command of the tour says what the page says that it does."""
    for words, wanted in SAID.items():
        assert words not in command.text or wanted in said, f"{command.text}\n{said}"
    if "n=[1-8]" in command.text:
        assert (said.count("web1"), said.count("web2")) == (6, 2)
    if "n=[1-10]" in command.text:
        assert said.split() == ["200"] * 10
