# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of images from the controller. The role's tasks run here, with a fake of Docker."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# A fake of the program docker. Its images are lines "name architecture" in a file. An archive has
# such lines too.
ENGINE = """#!/bin/sh
cd "${0%/*}" || exit
echo "$*" >>asked
case $1-$2 in
  version---format) test ! -e broken || { echo 'Cannot connect' >&2; exit 1; }; echo amd64 ;;
  image-inspect)
    for name; do :; done
    echo 'WARNING: of the client, on the way' >&2
    grep "^$name " images >found || { echo "Error: No such image: $name" >&2; exit 1; }
    tail -n 1 found | cut -d' ' -f2 ;;
  image-load)
    stat -c %a "${4%/*}" "$4" >>modes
    grep -q . "$4" || { echo 'unexpected EOF' >&2; exit 1; }
    cat "$4" >>images
    sed 's/^/Loaded image: /; s/ [^ ]*$//' "$4" ;;
  *) exit 9 ;;
esac
"""


class Host:
    """This machine with the fake of docker, on which the role's tasks run."""

    def __init__(self, path: Path, run_tasks: t.Callable[..., str]) -> None:
        self.run_tasks = run_tasks
        self.bin = path / "bin"
        self.bin.mkdir()
        (self.bin / "docker").write_text(ENGINE)
        (self.bin / "docker").chmod(0o755)
        (self.bin / "images").write_text("")
        self.copies = path / "copies"

    def load(self, *options: str, **archives: Path) -> str:
        """Run the tasks and return Ansible's output. Each archive is named as its image."""
        items = [{"name": f"{name}:1.0", "path": str(path)} for name, path in archives.items()]
        return self.run_tasks(
            "peerlb.stack.docker", "images", *options,
            docker_image_archives=items, __docker_archive_directory=str(self.copies),
        )  # fmt: skip

    def read(self, name: str) -> list[str]:
        """Return the lines of a file that the fake has written: asked, images or modes."""
        path = self.bin / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def host(tmp_path, run_tasks, monkeypatch) -> Host:
    """Return this machine with the fake of docker in the PATH and no images."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return Host(tmp_path, run_tasks)


@pytest.fixture
def archive(tmp_path) -> t.Callable[[str, str], Path]:
    """Return a function that writes an archive with these images and returns its path."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / f"{name}.tar"
        path.write_text(text)
        return path

    return make


def changed(output: str) -> int:
    """Return how many tasks changed something, by Ansible's recap."""
    (count,) = re.findall(r"changed=(\d+)", output)
    return int(count)


def test_only_missing_images_are_loaded_once_and_no_copy_stays(host, archive) -> None:
    (host.bin / "images").write_text("web:1.0 amd64\n")
    both = archive("both", "shop:1.0 amd64\ncart:1.0 amd64\n")
    archives = {"web": archive("web", "web:1.0 amd64\n"), "shop": both, "cart": both}
    predicted = host.load("--check", **archives)
    assert changed(predicted) == 1
    assert host.read("images") == ["web:1.0 amd64"]

    assert changed(host.load(**archives)) > 0
    assert host.read("images") == ["web:1.0 amd64", "shop:1.0 amd64", "cart:1.0 amd64"]
    assert host.read("modes") == ["700", "600"]  # one archive was copied, not two
    assert not host.copies.exists()

    (host.bin / "asked").unlink()
    assert changed(host.load(**archives)) == 0
    assert host.read("asked")
    assert not [line for line in host.read("asked") if line.startswith("image load")]


@pytest.mark.parametrize(
    "held, words, runs",
    [
        ("web:latest amd64\n", "has no web:1.0. It held: web:latest.", 1),
        # After the first run the name exists, but with the wrong architecture.
        ("web:1.0 arm64\n", "has web:1.0 for arm64, but localhost is amd64.", 2),
        ("", "(docker_image_archives, web:1.0): unexpected EOF", 1),
    ],
)
def test_wrong_archive_fails_each_run(host, archive, held, words, runs) -> None:
    path = archive("web", held)
    for _run in range(runs):
        output = host.load(web=path)
        assert "failed=1" in output
        assert words in output
        assert str(path) in output
        assert not host.copies.exists()


def test_failed_copy_leaves_no_directory(host, tmp_path) -> None:
    output = host.load(web=tmp_path / "vanished.tar")
    assert "failed=1" in output
    assert "localhost cannot load" in output
    assert not host.copies.exists()


def test_engine_that_does_not_answer_is_an_error_and_no_missing_image(host, archive) -> None:
    path = archive("web", "web:1.0 amd64\n")
    (host.bin / "broken").touch()
    output = host.load(web=path)
    assert "failed=1" in output
    assert "Cannot connect" in output
    assert host.read("images") == []
