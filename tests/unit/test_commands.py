# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each command that a document shows is run as it is written, or is named with a reason."""

from __future__ import annotations

import pytest
from support.commands import NOT_RUN, ON_THE_CONTROLLER, ON_THE_LAB, chosen, commands, in_page

COMMANDS = commands()
RUN = {*chosen(ON_THE_LAB, COMMANDS), *chosen(ON_THE_CONTROLLER, COMMANDS)}


def test_each_command_is_run_or_has_a_reason() -> None:
    assert len(COMMANDS) > 70
    assert len(RUN) > 35
    assert {*COMMANDS} - RUN - {*chosen(NOT_RUN, COMMANDS)} == set()


@pytest.mark.parametrize("pattern", [*ON_THE_LAB, *ON_THE_CONTROLLER, *NOT_RUN])
def test_no_pattern_is_idle(pattern) -> None:
    assert chosen([pattern], COMMANDS)


def test_commands_of_the_first_tour_are_run_on_the_lab_all_of_them() -> None:
    tour = [each for each in COMMANDS if each.page == "docs/first-tour.md"]
    assert chosen(ON_THE_LAB, tour) == [each for each in tour if not each.text.startswith("make ")]
    assert len(tour) > 10


def test_commands_are_found_in_blocks_and_tables() -> None:
    page = "```shell\na \\\n  b  # c\n\nd\n```\n\n```text\n$ e\n```\n\n| x |\n|---|\n"
    page += "| `ansible-playbook f.yml` |\n| `-e g` |\n"
    assert in_page(page) == ["a    b  # c", "d", "ansible-playbook f.yml"]
