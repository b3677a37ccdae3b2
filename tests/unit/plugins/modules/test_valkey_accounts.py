# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.peerlb.stack.plugins.modules import valkey_accounts

SHOP = {"name": "shop", "password": "s3cret'\"x"}


@pytest.fixture
def make(run_module, monkeypatch, tmp_path):
    """Return a function that runs the module on a host where Valkey does not run yet."""
    monkeypatch.setattr(AnsibleModule, "run_command", lambda *_a, **_k: (1, "", "no such object"))
    options = {"path": str(tmp_path), "owner": os.geteuid(), "accounts": [SHOP]}
    return lambda **changes: run_module(valkey_accounts, **{**options, **changes})


def test_six_steps(make, tmp_path) -> None:
    predicted = make(check_mode=True)
    assert predicted["changed"] and not list(tmp_path.iterdir())
    done = make()
    assert (done["changed"], done["loaded"], done["former"]) == (True, False, [])
    assert done["diff"] == predicted["diff"]
    text = (tmp_path / "access/users.acl").read_text()
    assert "user shop on #" in text and SHOP["password"] not in text
    for check_mode in (True, False):
        again = make(check_mode=check_mode)
        assert not again["changed"]
        assert again["diff"]["before"] == again["diff"]["after"]


def test_former_password_goes_when_no_client_has_it(make) -> None:
    make()
    changed = {"accounts": [{**SHOP, "password": "second"}]}
    assert make(**changed)["former"] == ["shop"]
    assert make(**changed, discard=True)["former"] == []


def test_wrong_account_is_an_error_without_a_password(make) -> None:
    failed = make(accounts=[{**SHOP, "name": "default"}])
    assert failed["failed"]
    assert "account default: the names default" in failed["msg"]
    assert SHOP["password"] not in str({**failed, "invocation": None})
