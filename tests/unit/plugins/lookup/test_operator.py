# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pwd

import pytest
from ansible_collections.peerlb.stack.plugins.lookup import operator as plugin

NOBODY = pwd.getpwnam("nobody").pw_uid


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"SUDO_USER": "eve", "USER": "root", "LOGNAME": "root"}, "eve"),
        ({"SUDO_USER": "", "USER": "ada", "LOGNAME": "root"}, "ada"),
        ({"LOGNAME": "bob"}, "bob"),
        ({}, "nobody"),
    ],
)
def test_the_first_that_is_known(environment, name) -> None:
    assert plugin.operator(environment, NOBODY) == name


def test_an_id_without_a_name_stands_for_itself() -> None:
    assert plugin.operator({}, 4_000_000_000) == "4000000000"


def test_the_plugin_asks_its_own_process(monkeypatch) -> None:
    for name in plugin.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "ada")
    assert plugin.LookupModule().run([]) == ["ada"]
    monkeypatch.delenv("USER")
    assert plugin.LookupModule().run([]) == [pwd.getpwuid(os.getuid()).pw_name]
