# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible_collections.peerlb.stack.lab import cache


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def recipe(tmp_path):
    top = tmp_path / "recipe"
    (top / "files").mkdir(parents=True)
    (top / "packages").write_text("nginx\n")
    (top / "files/a").write_text("one")
    return top


def test_the_key_is_the_same_for_the_same_recipe(recipe):
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
def test_the_key_changes_with_whatever_the_recipe_holds(recipe, change):
    before = cache.path("host", ["x", recipe])
    change(recipe)
    assert cache.path("host", ["x", recipe]) != before


def test_the_key_tells_parts_from_their_sum():
    assert cache.path("host", ["ab", "c"]) != cache.path("host", ["a", "bc"])


def test_a_thing_is_made_once(place):
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


def test_a_build_that_fails_leaves_nothing_that_counts_as_made(place):
    final = cache.path("host", ["x"])

    def build(target):
        (target / "half").write_text("")
        raise RuntimeError("no more disk")

    with pytest.raises(RuntimeError):
        cache.ensure(final, build)
    assert not final.exists()
    cache.sweep()
    assert list(place.iterdir()) == []


def test_the_last_used_of_each_kind_and_those_in_use_are_kept(place):
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
