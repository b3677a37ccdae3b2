# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._certificates import commands


def test_command_gets_its_input_and_returns_what_it_says() -> None:
    assert commands.run(["cat"], data="words") == (0, "words", "")
    assert commands.run(["sh", "-c", "echo no >&2; exit 3"]) == (3, "", "no\n")


def test_missing_program_is_a_result() -> None:
    code, _out, err = commands.run(["no-such-program"])
    assert (code, err) == (127, "this host has no program no-such-program")
