# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible.errors import AnsibleError
from ansible_collections.peerlb.stack.plugins.lookup.build_context import LookupModule, pack
from ansible_collections.peerlb.stack.plugins.module_utils._release.specification import (
    read_context,
)


@pytest.fixture
def source(tmp_path):
    (tmp_path / "app/__pycache__").mkdir(parents=True)
    (tmp_path / "Dockerfile").write_text("FROM x")
    (tmp_path / "app/logo.png").write_bytes(b"\xff\x00")
    (tmp_path / "app/__pycache__/a.pyc").write_text("")
    return tmp_path


def test_archive_holds_the_files_but_no_caches(source) -> None:
    assert read_context(pack(source)) == {"Dockerfile": b"FROM x", "app/logo.png": b"\xff\x00"}


def test_archive_depends_on_names_and_content_alone(source) -> None:
    before = pack(source)
    os.utime(source / "Dockerfile", (1, 1))
    (source / "Dockerfile").chmod(0o600)
    assert pack(source) == before
    (source / "Dockerfile").write_text("FROM y")
    assert pack(source) != before


def test_lookup_packs_each_directory(source) -> None:
    assert LookupModule().run([str(source), str(source / "app")])[0] == pack(source)


def test_directory_that_is_not_there_is_named() -> None:
    with pytest.raises(AnsibleError, match="/nothing is no directory of the controller"):
        LookupModule().run(["/nothing"])
