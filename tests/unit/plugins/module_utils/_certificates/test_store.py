# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._certificates import pem, store
from support import certificates as made

ROOT = made.Authority()


def pair(*names: str) -> pem.Pair:
    return pem.Pair.parse(ROOT.issue(*(names or ("shop.example",))).text)


@pytest.fixture
def kept(tmp_path) -> store.CertificateStore:
    return store.CertificateStore(tmp_path / "nginx")


def test_pair_is_in_use_after_the_switch_alone(kept) -> None:
    first = pair()
    version = kept.stage("shop", first, "given")
    assert kept.current("shop") is None
    kept.switch("shop", version)
    assert kept.current("shop") == store.Version(version, first, "given")
    assert kept.names() == ["shop"]
    assert os.readlink(kept.directory / "shop/current") == version


def test_key_is_for_its_owner_alone_also_with_another_umask(kept) -> None:
    former = os.umask(0)
    try:
        version = kept.stage("shop", pair())
    finally:
        os.umask(former)
    path = kept.directory / "shop" / version / "pair.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir() if "new" in each.name] == []


def test_last_versions_are_kept_and_the_one_in_use(kept) -> None:
    oldest = kept.stage("shop", pair())
    kept.switch("shop", oldest)
    versions = [oldest]
    for number in range(5):
        versions.append(kept.stage("shop", pair()))
        os.utime(kept.directory / "shop" / versions[-1], (number + 1, number + 1))
    os.utime(kept.directory / "shop" / oldest, (0, 0))
    kept.tidy("shop")
    left = {each.name for each in (kept.directory / "shop").iterdir()}
    assert left == {oldest, *versions[-3:], "current"}


def test_version_in_use_is_not_dropped(kept) -> None:
    version = kept.stage("shop", pair())
    kept.switch("shop", version)
    kept.drop("shop", version)
    assert kept.current("shop")
    kept.switch("shop", None)
    kept.drop("shop", version)
    assert not (kept.directory / "shop" / version).exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", "tickets", "Shop", "-a", "a" * 64, ".", "a\n"])
def test_wrong_name_is_refused(kept, name) -> None:
    with pytest.raises(pem.CertificateError, match="the name has to be small letters"):
        kept.path(name)


def test_damaged_file_is_none_in_use(kept) -> None:
    version = kept.stage("shop", pair())
    kept.switch("shop", version)
    (kept.directory / "shop" / version / "pair.pem").write_text("x")
    assert kept.current("shop") is None


def test_lock_names_who_has_it(kept) -> None:
    busy = pytest.raises(pem.CertificateError, match="ada .* is changing this service")
    with kept.lock("ada"), busy, kept.lock("bob"):
        pass
    with kept.lock("bob"):
        assert kept.root.exists()


def test_check_mode_locks_and_writes_nothing(kept) -> None:
    with kept.lock("ada", needed=False):
        assert not kept.root.exists()


def test_disk_that_refuses_is_named(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    kept = store.CertificateStore(tmp_path / "file")
    with pytest.raises(pem.CertificateError, match="cannot write .*file"):
        kept.stage("shop", pair())
