# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

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
