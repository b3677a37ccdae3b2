# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import json
import pkgutil
import re

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args
from ansible_collections.peerlb.stack.plugins import modules
from ansible_collections.peerlb.stack.plugins.module_utils._release.quiet import QuietModule

ENTRY = {"name": {"type": "str"}, "key": {"type": "str", "no_log": True}}
SPEC = {
    "entries": {"type": "list", "elements": "dict", "options": ENTRY},
    "login": {"type": "dict", "options": ENTRY},
}
SECRETS = ["-----BEGIN KEY-----\nMHcCAQEE\n", 'it\'s "quoted"', "back\\slash", "tab\t", "plain"]
SECRETS += ["Tr0ub4dor@Zebra9-tail", "pre@mid:x@SECRETTAIL"]  # parts of it count as well


class Journal:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.text = ""

    def send(self, **fields) -> None:
        self.text += str(fields)

    def syslog(self, _priority: int, text: str) -> None:
        self.text += text


@pytest.fixture(params=["journal", "syslog"])
def logged(request, monkeypatch) -> Journal:
    """Return what one of both logs is sent."""
    kept = Journal()
    monkeypatch.setattr(basic, "has_journal", request.param == "journal")
    monkeypatch.setattr(basic, "journal", kept, raising=False)
    monkeypatch.setattr(basic.syslog, "syslog", kept.syslog)
    return kept


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_of_a_suboption_is_not_logged(logged, secret) -> None:
    entry = {"name": "shop", "key": secret}
    with patch_module_args({"entries": [entry], "login": entry}):
        module = QuietModule(argument_spec=SPEC)
    assert "Invoked with" in logged.text
    assert "shop" in logged.text
    for part in (secret, *re.split(r"[@\n\\\t\"]+", secret)):
        for form in (part, repr(part)[1:-1], json.dumps(part)[1:-1]):
            assert not part or form not in logged.text
    assert module.params["login"] == entry


def nested_secrets(spec: dict) -> bool:
    """Tell whether a suboption is a secret."""
    inner = [option["options"] for option in spec.values() if option.get("options")]
    secret = any(option.get("no_log") for options in inner for option in options.values())
    return secret or any(map(nested_secrets, inner))


def test_each_module_with_a_secret_in_a_suboption_is_a_quiet_one() -> None:
    names = [each.name for each in pkgutil.iter_modules(modules.__path__)]
    every = [importlib.import_module(f"{modules.__name__}.{name}") for name in names]
    found = [each for each in every if nested_secrets(getattr(each, "ARGUMENT_SPEC", {}))]
    assert len(found) >= 4
    assert [each.__name__ for each in found if not hasattr(each, "QuietModule")] == []
