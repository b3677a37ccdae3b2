# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._values.notes import left

WEB1 = "admit tcp:3000 to 10.1.0.2 (web1) from nginx_lb (10.0.0.2)"
WEB2 = "admit tcp:3000 to 10.1.0.3 (web2) from nginx_lb (10.0.0.2)"


def test_host_that_left_is_named_with_the_command() -> None:
    (sentence,) = left([WEB1, WEB2, WEB2.replace("3000", "9100")], [WEB1])
    assert sentence.startswith("web2 (10.1.0.3) left the inventory")
    assert sentence.endswith("playbooks/remove.yml -e host=web2 -e address=10.1.0.3")


def test_host_that_stays_at_another_port_did_not_leave() -> None:
    assert left([WEB2], [WEB2.replace("3000", "3001")]) == []
    assert left([], [WEB1]) == left(["a line of a later version"], []) == []
