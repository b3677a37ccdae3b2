# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._live.report import (
    STALE_SECONDS,
    digest,
    is_alive,
    read,
    write,
)

REPORT = {"at": 5.0, "pools": {"webapp": {"members": {}}}}


def test_report_is_read_as_it_was_written(tmp_path) -> None:
    path = tmp_path / "report.json"
    write(REPORT, path)
    assert read(path) == REPORT
    assert [each.name for each in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"pools": []}', json.dumps({"pools": {"webapp": {}}})]
)
def test_damaged_report_is_none(tmp_path, text) -> None:
    (tmp_path / "report.json").write_text(text)
    assert read(tmp_path / "report.json") == {}
    assert read(tmp_path / "nosuch.json") == {}


def test_unit_that_has_not_written_lately_is_dead() -> None:
    now = time.time()
    assert is_alive({"at": now - 1}, now)
    assert not is_alive({"at": now - STALE_SECONDS - 1}, now)
    assert not is_alive({}, now)


def test_digest_tells_texts_apart() -> None:
    assert digest("a") == digest("a") != digest("b")
