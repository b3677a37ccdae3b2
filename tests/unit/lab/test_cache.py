# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible_collections.peerlb.stack.lab import cache


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Return the directory of the cache, which does not exist yet."""
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def recipe(tmp_path):
    """Return the directory of a recipe with two files."""
    top = tmp_path / "recipe"
    (top / "files").mkdir(parents=True)
    (top / "packages").write_text("nginx\n")
    (top / "files/a").write_text("one")
    return top


def test_same_recipe_has_the_same_path(recipe):
    assert cache.path("host", ["x", recipe]) == cache.path("host", ["x", recipe])


@pytest.mark.parametrize(
    "change",
    [
        lambda top: (top / "packages").write_text("nginx\ncurl\n"),
        lambda top: (top / "files/a").write_text("two"),
        lambda top: (top / "files/a").chmod(0o700),
        lambda top: (top / "files/a").rename(top / "files/b"),
        lambda top: (top / "files/c").write_text(""),
    ],
)
def test_any_change_of_the_recipe_changes_the_path(recipe, change):
    before = cache.path("host", ["x", recipe])
    change(recipe)
    assert cache.path("host", ["x", recipe]) != before


def test_recipe_with_other_parts_of_the_same_text_has_another_path():
    assert cache.path("host", ["ab", "c"]) != cache.path("host", ["a", "bc"])


def test_entry_is_built_once(place):
    made = []

    def build(target):
        made.append(target)
        (target / "file").write_text("content")

    final = cache.path("host", ["x"])
    for _time in range(2):
        assert cache.ensure(final, build) == final
    assert len(made) == 1
    assert (final / "file").read_text() == "content"
    assert [entry.name for entry in place.iterdir()] == [final.name]


def test_failed_build_leaves_no_entry(place):
    final = cache.path("host", ["x"])

    def build(target):
        (target / "half").write_text("")
        raise RuntimeError("no more disk")

    with pytest.raises(RuntimeError):
        cache.ensure(final, build)
    assert not final.exists()
    cache.sweep()
    assert list(place.iterdir()) == []


def test_prune_keeps_the_last_used_entries_and_those_in_use(place):
    for number in range(5):
        for kind in ("host", "image-nginx"):
            entry = place / f"{kind}-{number}"
            entry.mkdir(parents=True)
            os.utime(entry, (number, number))
    cache.prune({"host-0"})
    assert sorted(entry.name for entry in place.iterdir()) == [
        "host-0",
        "host-3",
        "host-4",
        "image-nginx-3",
        "image-nginx-4",
    ]
