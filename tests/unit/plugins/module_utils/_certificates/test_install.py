# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import commands
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.install import (
    Installation,
    install,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.judge import Wanted
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.openssl import Openssl
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.pem import (
    CertificateError,
    Pair,
)
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)
from support import certificates as made

ROOT = made.Authority()
NAME = "shop.example"


class Nginx:
    """Shows what the store has since the last reload, and notes what it is told."""

    run = staticmethod(commands.run)

    def __init__(self, store: CertificateStore, fails: str = "") -> None:
        self.store, self.fails, self.done, self.shows = store, fails, [], {}

    def runs(self) -> bool:
        return True

    def uses(self, _name: str) -> bool:
        return True

    def test(self) -> None:
        self._do("test")

    def reload(self) -> None:
        self.shows = {name: self.store.current(name) for name in ("shop", "blog")}
        self.done.append("reload")

    def serves(self, name: str, leaf: bytes) -> str:
        shown = self.shows.get(name)
        return "" if shown and shown.pair.leaf == leaf else "127.0.0.1:443"

    def confirm(self, name: str, leaf: bytes) -> None:
        self._do("confirm")
        assert self.serves(name, leaf) == ""

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what == self.fails:
            raise CertificateError(f"{what} fails")


@pytest.fixture
def store(tmp_path) -> CertificateStore:
    return CertificateStore(tmp_path)


def wanted(name: str, leaf: made.Made, **settings) -> Wanted:
    return Wanted(name, (NAME,), Pair.parse(leaf.text), ca=ROOT.pem, **settings)


def test_all_are_switched_with_one_test_and_one_reload(store) -> None:
    nginx = Nginx(store)
    installation = Installation(store, nginx, Openssl(commands.run))
    both = [wanted("shop", ROOT.issue(NAME)), wanted("blog", ROOT.issue(NAME))]
    installation.apply(installation.plan(both))
    assert nginx.done == ["test", "reload", "confirm", "confirm"]
    assert installation.plan(both) == []
    assert store.names() == ["blog", "shop"]


@pytest.mark.parametrize("step", ["test", "confirm"])
def test_failure_puts_all_back(store, step) -> None:
    nginx = Nginx(store)
    first = ROOT.issue(NAME, ends=10)
    install(store, "shop", first.text, nginx, names=[NAME], ca=ROOT.pem)
    before = sorted(each.name for each in store.directory.rglob("*"))
    nginx.fails, nginx.done = step, []
    installation = Installation(store, nginx, Openssl(commands.run))
    both = [wanted("shop", ROOT.issue(NAME)), wanted("blog", ROOT.issue(NAME))]
    with pytest.raises(CertificateError, match=f"{step} fails\nthe former certificates are in use"):
        installation.apply(installation.plan(both))
    assert nginx.done[-1] == "reload"
    assert nginx.shows["shop"].pair == Pair.parse(first.text)
    assert nginx.shows["blog"] is None
    assert sorted(each.name for each in store.directory.rglob("*") if each.name != "blog") == before


def test_one_fault_keeps_all_from_changing(store) -> None:
    installation = Installation(store, Nginx(store), Openssl(commands.run))
    bad = wanted("blog", ROOT.issue("other.example", ends=-1))
    with pytest.raises(CertificateError) as caught:
        installation.plan([wanted("shop", ROOT.issue(NAME)), bad])
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(line.startswith("certificate blog: ") for line in lines)
    assert store.names() == []


def test_diff_tells_names_serial_and_end_and_no_key(store) -> None:
    installation = Installation(store, Nginx(store), Openssl(commands.run))
    leaf = ROOT.issue(NAME)
    (change,) = installation.plan([wanted("shop", leaf)])
    diff = change.diff()
    assert diff["before"] == ""
    assert "names: shop.example\nsource: given\nissuer: CN=test root\nserial: " in diff["after"]
    assert f"{leaf.certificate.serial_number:X}" in diff["after"]
    assert "BEGIN" not in str(diff)


def test_text_without_a_key_is_refused_with_the_name(store) -> None:
    with pytest.raises(CertificateError, match="certificate shop: there are 0 keys"):
        install(store, "shop", ROOT.pem, Nginx(store))


def test_plan_is_judged_at_the_given_time(store) -> None:
    installation = Installation(store, Nginx(store), Openssl(commands.run))
    with pytest.raises(CertificateError, match="has expired"):
        installation.plan([wanted("shop", ROOT.issue(NAME, ends=5))], time.time() + 6 * 86400)
