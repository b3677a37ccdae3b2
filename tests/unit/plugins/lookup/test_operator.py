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
def test_first_known_name_is_returned(environment, name) -> None:
    assert plugin.operator(environment, NOBODY) == name


def test_user_id_without_a_name_is_returned() -> None:
    assert plugin.operator({}, 4_000_000_000) == "4000000000"


def test_lookup_reads_the_environment_of_its_process(monkeypatch) -> None:
    for name in plugin.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "ada")
    assert plugin.LookupModule().run([]) == ["ada"]
    monkeypatch.delenv("USER")
    assert plugin.LookupModule().run([]) == [pwd.getpwuid(os.getuid()).pw_name]
