# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import json

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._bans.entries import BanError
from ansible_collections.peerlb.stack.plugins.module_utils._bans.protected import (
    Protected,
    Settings,
    own_addresses,
)

TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     |-- 10.0.0.5
        /32 host LOCAL
     |-- 10.0.0.255
        /32 link BROADCAST
Local:
     |-- 10.0.0.5
        /32 host LOCAL
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "current").mkdir()
    members = [{"name": "web1", "address": "10.1.0.2", "port": 3000}]
    state = {"pools": [{"name": "webapp", "members": members}]}
    (tmp_path / "current/state.json").write_text(json.dumps(state))
    settings = {"lists": ["/a/*.txt"], "never": ["198.51.100.0/24", "2001:db8::/32"]}
    (tmp_path / "current/live.json").write_text(json.dumps(settings))
    return tmp_path


def test_settings_are_those_of_the_release(root) -> None:
    assert Settings.read(root) == Settings(("/a/*.txt",), ("198.51.100.0/24", "2001:db8::/32"))
    (root / "current/guard").mkdir()
    (root / "current/guard/bans.json").write_text('{"login": 600}')
    assert Settings.read(root).rules == {"login": 600.0}


def test_older_release_says_nothing(tmp_path) -> None:
    assert Settings.read(tmp_path) == Settings()
    (tmp_path / "current").mkdir()
    (tmp_path / "current/live.json").write_text("[]")
    with pytest.raises(ValueError, match="live.json holds no mapping"):
        Settings.read(tmp_path)


@pytest.mark.parametrize(
    ("network", "why"),
    [
        ("10.1.0.2/32", "10.1.0.2 (the member web1)"),
        ("10.1.0.0/24", "10.1.0.2 (the member web1)"),
        ("10.0.0.5/32", "10.0.0.5 (this load balancer)"),
        ("198.51.100.9/32", "198.51.100.9 (nginx_lb_never_banned)"),
        ("198.51.0.0/16", "198.51.100.0/24 (nginx_lb_never_banned)"),
        ("127.0.0.1/32", "127.0.0.1 (this host)"),
        ("203.0.113.7/32", ""),
        ("10.1.0.3/32", ""),
        ("198.51.99.0/24", ""),
        ("0.0.0.1/32", ""),
        ("255.255.255.255/32", ""),
    ],
)
def test_members_balancers_and_operators_are_protected(root, network, why) -> None:
    protected = Protected.read(root, Settings.read(root), ["10.0.0.5"])
    wanted = ipaddress.IPv4Network(network)
    assert protected.why_not(wanted) == (f"it has {why}" if why else "")
    if why:
        with pytest.raises(BanError, match="must not be banned: it has"):
            protected.refuse(wanted)
    else:
        protected.refuse(wanted)


def test_own_addresses_are_those_of_the_kernel(tmp_path) -> None:
    path = tmp_path / "fib_trie"
    path.write_text(TRIE)
    assert own_addresses(path) == ["10.0.0.5"]
    assert own_addresses(tmp_path / "none") == []
    assert "127.0.0.1" in own_addresses()
