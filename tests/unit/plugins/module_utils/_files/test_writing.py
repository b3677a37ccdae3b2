# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._files.writing import (
    create_file,
    replace_file,
    replace_link,
)


@pytest.fixture
def done(monkeypatch) -> list[tuple[str, str]]:
    """What a disk is told, in this order: ("fsync", path) and ("replace", the new name)."""
    calls = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(handle: int) -> None:
        calls.append(("fsync", os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    def note_replace(old: Path, new: Path) -> None:
        calls.append(("replace", str(new)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    return calls


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request) -> t.Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("wanted", [0o400, 0o600, 0o644])
def test_mode_holds_whatever_the_umask_is(tmp_path, wanted) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"two"):
        replace_file(path, content, wanted)
        assert (path.read_bytes(), mode(path)) == (content, wanted)


def test_file_is_private_unless_told_otherwise(tmp_path) -> None:
    replace_file(tmp_path / "file", b"")
    assert mode(tmp_path / "file") == 0o600


def test_former_mode_and_what_a_killed_run_has_left_do_not_matter(tmp_path) -> None:
    path = tmp_path / "file"
    path.write_text("former")
    (tmp_path / ".file.new").write_text("half")
    (tmp_path / ".file.new").chmod(0o444)
    replace_file(path, b"new", 0o640)
    assert (path.read_bytes(), mode(path)) == (b"new", 0o640)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_content_then_name_then_directory_reach_the_disk(tmp_path, done) -> None:
    path = tmp_path / "file"
    replace_file(path, b"content")
    fresh = str(tmp_path / ".file.new")
    assert done == [("fsync", fresh), ("replace", str(path)), ("fsync", str(tmp_path))]


@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_failure_midway_leaves_the_former_file_alone(tmp_path, monkeypatch, step) -> None:
    path = tmp_path / "file"
    replace_file(path, b"former", 0o644)

    def full(*_args: t.Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left on device"):
        replace_file(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"former", 0o644)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("user", "owner", "given"), [(0, 70, [(70, 70)]), (0, None, []), (1000, 70, [])]
)
def test_root_gives_the_file_away_before_it_has_its_name(
    tmp_path, monkeypatch, user, owner, given
) -> None:
    path, calls = tmp_path / "file", []

    def note(handle: int, *ids: int) -> None:
        assert not path.exists()
        assert os.fstat(handle).st_size == 0
        calls.append(ids)

    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "fchown", note)
    replace_file(path, b"secret", owner=owner)
    assert calls == given
    assert path.read_bytes() == b"secret"


def test_new_file_takes_the_place_of_no_other(tmp_path) -> None:
    (tmp_path / "file").write_text("former")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_text() == "former"


def test_link_names_another_target_in_one_step(tmp_path, done) -> None:
    link = tmp_path / "current"
    link.symlink_to("one")
    (tmp_path / ".current.new").symlink_to("half")
    replace_link(link, "two")
    assert os.readlink(link) == "two"
    assert [each.name for each in tmp_path.iterdir()] == ["current"]
    assert done == [("replace", str(link)), ("fsync", str(tmp_path))]


def test_link_stays_if_it_cannot_be_replaced(tmp_path) -> None:
    link = tmp_path / "current"
    link.mkdir()
    with pytest.raises(IsADirectoryError):
        replace_link(link, "two")
    assert [(each.name, each.is_dir()) for each in tmp_path.iterdir()] == [("current", True)]
