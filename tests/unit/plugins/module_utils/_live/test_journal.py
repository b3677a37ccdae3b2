# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._live.journal import say


def test_each_text_is_a_line(capsys) -> None:
    say("one")
    say("two")
    assert capsys.readouterr().out == "one\ntwo\n"
