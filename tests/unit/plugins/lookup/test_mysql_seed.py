# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import hashlib

import pytest
from ansible_collections.peerlb.stack.plugins.lookup.mysql_seed import judged

BAD = b"USE other;"


@pytest.mark.parametrize("content", [BAD, gzip.compress(BAD, mtime=0)])
def test_packed_seed_is_judged_like_a_plain_one(content) -> None:
    found = judged(content, "shop")
    assert "the database other" in found["problem"]
    assert found["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "content", [gzip.compress(b"SELECT 1;", mtime=0)[:-9], b"\x1f\x8bno gzip", b"\x1f\x8b"]
)
def test_seed_that_cannot_be_unpacked_is_a_problem(content) -> None:
    assert judged(content, "shop")["problem"].startswith("It cannot be unpacked with gzip")
