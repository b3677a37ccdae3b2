# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._release.release import Release
from ansible_collections.peerlb.stack.plugins.module_utils._release.store import (
    Store,
    StoreError,
    former_id,
)

ONE = Release({"nginx.conf": "one", "upstreams/http-a.conf": "a"})
TWO = Release({"nginx.conf": "two"})


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(str(tmp_path / "nginx"))


def put(store: Store, release: Release) -> None:
    store.stage(release)
    store.adopt(release)
    store.switch(release.id)


def test_live_release_is_read_back(store: Store) -> None:
    assert store.present() is None
    put(store, ONE)
    assert store.present() == ONE


@pytest.mark.parametrize(
    "path, text",
    [
        ("nginx.conf", "one\r\ntwo\r\n"),
        ("nginx.conf", "one\rtwo\r"),
        ("nginx.conf", "one\r\ntwo\n\rthree"),
        ("conf.d/release.conf", "# of the user's own"),
        ("conf.d/state.json", "{}"),
    ],
)
def test_files_are_read_back_as_they_were_written(store: Store, path: str, text: str) -> None:
    release = Release({"compose.yml": "image: a", path: text})
    put(store, release)
    assert store.present() == release
    assert store.present().id == store.current_id()
    assert (store.link / path).read_bytes() == text.encode()


def test_staging_leaves_the_live_release_alone(store: Store) -> None:
    put(store, ONE)
    store.stage(TWO)
    assert store.present() == ONE


def test_staging_of_a_killed_run_is_replaced_by_the_next(store: Store) -> None:
    put(store, ONE)
    store.stage(TWO)
    put(store, TWO)
    assert store.present() == TWO
    assert store.kept() == sorted([ONE.id, TWO.id])


def test_damaged_release_is_written_again(store: Store) -> None:
    put(store, ONE)
    (store.releases / ONE.id / "nginx.conf").write_text("edited by hand")
    assert store.present() != ONE
    put(store, ONE)
    assert store.present() == ONE


def test_release_is_whole_although_the_host_got_its_key_later(store: Store) -> None:
    put(store, ONE)
    store.key(make=True)
    assert store.present() == ONE
    assert store.intact(ONE)


def test_damaged_release_is_there_until_it_is_replaced(store: Store, monkeypatch) -> None:
    put(store, ONE)
    (store.releases / ONE.id / "nginx.conf").write_text("edited by hand")
    removed = []

    def remove(path, **_options) -> None:
        removed.append(path)
        assert store.present() is not None

    monkeypatch.setattr("shutil.rmtree", remove)
    put(store, ONE)
    assert removed
    assert store.present() == ONE
    assert store.kept() == [ONE.id]


def test_damaged_release_comes_back_if_its_copy_cannot_take_its_place(store, monkeypatch) -> None:
    put(store, ONE)
    (store.releases / ONE.id / "nginx.conf").write_text("edited by hand")
    replace = os.replace

    def refuse(source, target) -> None:
        if source.name == ".staging":
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(StoreError, match="Input/output error"):
        put(store, ONE)
    assert store.present().files["nginx.conf"] == "edited by hand"


def test_file_that_is_not_text_is_damage(store: Store) -> None:
    put(store, ONE)
    (store.releases / ONE.id / "nginx.conf").write_bytes(b"\xff\x00")
    assert store.present() != ONE


def test_only_the_last_releases_are_kept(store: Store) -> None:
    releases = [Release({"nginx.conf": str(number)}) for number in range(5)]
    for release in releases:
        put(store, release)
        store.record({"id": release.id}, keep=2)
    assert store.kept() == sorted(release.id for release in releases[-2:])
    assert [line["id"] for line in store.history()] == [release.id for release in releases]


def test_lock_names_who_holds_it(store: Store) -> None:
    second = Store(str(store.root))
    refused = pytest.raises(StoreError, match="ada .* is changing")
    with store.lock("ada"), refused, second.lock("bob"):
        pass
    with second.lock("bob"):
        pass


def test_lock_names_the_login_too(store: Store, monkeypatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ubuntu")
    refused = pytest.raises(StoreError, match=r"ada \(pid \d+, login ubuntu\) is changing")
    with store.lock("ada"), refused, Store(str(store.root)).lock("bob"):
        pass


def test_change_waits_for_its_turn(store: Store) -> None:
    """The other change ends while this one waits."""
    second = Store(str(store.root))
    other = contextlib.ExitStack()
    other.enter_context(store.lock("ada"))
    timer = threading.Timer(0.3, other.close)
    timer.start()
    with second.lock("bob", wait=30):
        assert timer.finished.is_set()


def test_change_that_waited_in_vain_names_for_whom(store: Store) -> None:
    refused = pytest.raises(StoreError, match=r"ada .* is changing .* waited 0.2 s for this; wait")
    with store.lock("ada"), refused, Store(str(store.root)).lock("bob", wait=0.2):
        pass


def test_lock_that_is_not_needed_writes_nothing(store: Store) -> None:
    with store.lock("ada", needed=False):
        assert not store.root.exists()


def test_no_link_is_no_release(store: Store) -> None:
    put(store, ONE)
    store.switch(None)
    assert store.current_id() is None
    assert store.present() is None


def test_error_names_the_path_that_cannot_be_written(store: Store, monkeypatch) -> None:
    put(store, ONE)

    def full(*_args, **_kwargs):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot write .*staging: No space left on device"):
        store.stage(TWO)
    assert store.present() == ONE


def test_what_is_live_outlasts_a_power_cut(store: Store, monkeypatch) -> None:
    """Whatever gets a name was synced before, and the directory of the name afterwards."""
    synced, done = set(), []
    sync, replace = os.fsync, os.replace

    def note_sync(handle: int) -> None:
        path = os.readlink(f"/proc/self/fd/{handle}")
        synced.add(path)
        done.append(("sync", path))
        sync(handle)

    def note_replace(old, new) -> None:
        if not os.path.islink(old):
            parts = [old, *map(str, Path(old).rglob("*"))] if os.path.isdir(old) else [old]
            assert [each for each in map(str, parts) if each not in synced] == []
        done.append(("name", str(Path(new).parent)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(os, "replace", note_replace)
    put(store, ONE)
    store.record({"id": ONE.id}, keep=2)
    names = [index for index, (what, _path) in enumerate(done) if what == "name"]
    assert len(names) == 3  # the release, the link, the history
    assert [done[index + 1] for index in names] == [("sync", done[index][1]) for index in names]


HISTORY = [{"id": "aaa1"}, {"id": "aaa2"}, {"id": "bbb3"}, {"id": "aaa2"}]


@pytest.mark.parametrize(
    "wanted, kept, found",
    [
        ("", ["aaa1", "aaa2", "bbb3"], "bbb3"),
        ("", ["aaa1", "aaa2"], "aaa1"),
        ("b", ["aaa1", "aaa2", "bbb3"], "bbb3"),
    ],
)
def test_release_to_go_back_to(wanted, kept, found) -> None:
    assert former_id(wanted, "aaa2", HISTORY, kept) == found


@pytest.mark.parametrize(
    "wanted, kept, message",
    [
        ("a", ["aaa1", "aaa2"], "2 releases begin with a; kept are aaa1, aaa2"),
        ("c", [], "0 releases begin with c; kept are none"),
        ("", ["aaa2"], "there is no release to go back to"),
    ],
)
def test_error_if_there_is_no_release_to_go_back_to(wanted, kept, message) -> None:
    with pytest.raises(StoreError) as error:
        former_id(wanted, "aaa2", HISTORY, kept)
    assert message in str(error.value)


DAMAGED = [
    *("", "[", "{}", "null", "[5]", "[{}]", "[]", '[{"id": null}]', '[{"id": ["a"]}]'),
    *('[{"id": ""}]', '[{"id": "../../x"}]', "[" * 100_000, "\0" * 20, None),
]


@pytest.fixture
def three(store: Store) -> list[str]:
    """Return the ids of three releases that were live one after the other."""
    releases = [Release({"nginx.conf": str(number)}) for number in range(3)]
    for number, release in enumerate(releases):
        put(store, release)
        store.record({"id": release.id}, keep=3)
        os.utime(store.directory(release.id), (number, number))
    return [release.id for release in releases]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_history_deletes_nothing_and_takes_no_way_back(store, three, text) -> None:
    if text is None:
        store.history_file.unlink()
    else:
        store.history_file.write_text(text)
    assert store.former("").id == three[1]
    for number in (7, 8):  # the change after it deletes no more than it would have done
        put(store, Release({"nginx.conf": str(number)}))
        store.record({"id": store.current_id()}, keep=4)
        assert set(three[1:]) <= set(store.kept())
    ids = [line["id"] for line in store.history()]
    assert ids[:3] == three
    assert len(ids) == 5
    damaged = store.root / "history.damaged.json"
    assert text is None or damaged.read_text() == text


def test_the_first_release_has_a_history_that_is_not_damaged(store: Store) -> None:
    put(store, ONE)
    store.record({"id": ONE.id, "by": "ada"}, keep=3)
    assert store.history() == [{"id": ONE.id, "by": "ada"}]
    assert not (store.root / "history.damaged.json").exists()


@pytest.mark.parametrize("name", ["current", "key"])
def test_what_somebody_put_in_the_way_is_named(store, three, name) -> None:
    path = store.root / name
    path.unlink(missing_ok=True)
    path.mkdir()
    with pytest.raises(StoreError, match=f"{path} ?.*move it away"):
        store.present()


def test_what_is_no_release_is_not_counted_as_one(store, three) -> None:
    (store.releases / "README").write_text("x")
    (store.releases / "link").symlink_to("/etc")
    assert store.kept() == sorted(three)
