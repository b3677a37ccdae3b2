# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release import who
from ansible_collections.peerlb.stack.plugins.module_utils._release.who import (
    login_name,
    signature,
)


@pytest.fixture
def login(monkeypatch, tmp_path):
    """Return a function that sets what sudo, the kernel's login id and the process say."""

    def set_up(sudo: str | None, login_id: str | None, uid: int = 0) -> None:
        monkeypatch.delenv("SUDO_USER", raising=False)
        if sudo is not None:
            monkeypatch.setenv("SUDO_USER", sudo)
        monkeypatch.setattr(who, "LOGIN_ID", tmp_path / "loginuid")
        if login_id is not None:
            (tmp_path / "loginuid").write_text(login_id)
        monkeypatch.setattr(who.os, "getuid", lambda: uid)

    return set_up


@pytest.mark.parametrize(
    ("sudo", "login_id", "uid", "name"),
    [
        ("ubuntu", "1", 0, "ubuntu"),
        (None, "1", 0, "daemon"),  # su keeps the login id
        ("", "4294967295", 0, "root"),
        (None, None, 1, "daemon"),
        (None, "nonsense", 0, "root"),
        (None, "3123456", 0, "3123456"),
    ],
)
def test_user_of_the_login_is_named(login, sudo, login_id, uid, name) -> None:
    login(sudo, login_id, uid)
    assert login_name() == name


def test_signature_has_the_claim_and_the_login(login) -> None:
    login("ubuntu", None)
    signed = signature({"operator": "ada", "reason": "canary"})
    assert (signed["by"], signed["login"], signed["reason"]) == ("ada", "ubuntu", "canary")
    assert signed["at"][-1] == "Z"
