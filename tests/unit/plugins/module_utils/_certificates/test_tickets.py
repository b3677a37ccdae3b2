# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat

from ansible_collections.peerlb.stack.plugins.module_utils._certificates import tickets
from ansible_collections.peerlb.stack.plugins.module_utils._certificates.store import (
    CertificateStore,
)


def keys(store: CertificateStore) -> list[bytes]:
    return [(store.directory / "tickets" / name).read_bytes() for name in ("0.key", "1.key")]


def test_missing_keys_are_made_once(tmp_path) -> None:
    store = CertificateStore(tmp_path)
    assert tickets.missing(store)
    assert tickets.make_missing(store)
    made = keys(store)
    assert [len(key) for key in made] == [80, 80]
    assert made[0] != made[1]
    assert not tickets.missing(store)
    assert not tickets.make_missing(store)
    assert keys(store) == made
    for path in (store.directory / "tickets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_damaged_key_is_made_anew(tmp_path) -> None:
    store = CertificateStore(tmp_path)
    tickets.make_missing(store)
    (store.directory / "tickets/1.key").write_bytes(b"short")
    before = keys(store)[0]
    assert tickets.make_missing(store)
    assert keys(store)[0] == before


def test_old_key_becomes_the_former_one(tmp_path) -> None:
    store = CertificateStore(tmp_path)
    tickets.make_missing(store)
    first = keys(store)
    os.utime(store.directory / "tickets/0.key", (1000, 1000))
    assert not tickets.rotate(store, 1000 + 86399)
    assert tickets.rotate(store, 1000 + 86400)
    present, former = keys(store)
    assert former == first[0]
    assert present not in first
    assert not tickets.rotate(store, 1000 + 86401)


def test_rotation_makes_what_is_missing(tmp_path) -> None:
    store = CertificateStore(tmp_path)
    assert tickets.rotate(store, 0)
    assert not tickets.missing(store)
