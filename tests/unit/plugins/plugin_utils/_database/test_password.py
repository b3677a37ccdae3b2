# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._database.password import (
    salt_of,
    stored_password,
)

# What a real MySQL 9.7.4 stored, with caching_sha2_password_digest_rounds=5000.
STORED = [
    (
        "secret",
        "$A$005$\x05m%]\x16\x0bt\x13\x0bw\x19V,L\x18`EYbN2fQy7mn.rlcviBBtQFdV4UQ.V3MUkRp4cgawZUipSaD",
    ),
    (
        "p",
        "$A$005$r1A\x13\x02\x15KD\x05px\x7f\x1fQ%zH\x03ZcP3ColGrKTIPcztnV3i5PKwz3SKk0L2HmKn9ZilIIcr2",
    ),
    (
        "pässwörd€",
        "$A$005$\x1f-\x0c8M=X'\x0e1\x02>\x04\t6\x03,\x16T\x02IYoUpt4fW8M63UU54LiKA6JKIWpEdLb8wr4uTpONHg1",
    ),
    (
        "p'a\"s$s\\w %d",
        "$A$005$jH'#7r.?\x1f]u2&s\t\x15[\x0c\x1a92.4wyfhkRTuTKDvEF9gSAtNR.N3zCLz2AimnFkzI2jC",
    ),
    (
        "x" * 31 + "y",
        "$A$005$j\x0e\x19H\x0eA_q\x01}VW9zVw\x18J \x1eMcz3JuMNwSZ.DM4G7X7GMJAMtjJkjtOasS2quJUOXB6",
    ),
    ("long " * 20, "$A$005$VACFnh\\\x02hn.eI1\x15oC>*MFgqAyFnJwCPE6i2H2eTPZq2yDg7MvWd3Al.kINg3zr7"),
]


@pytest.mark.parametrize(("password", "stored"), STORED)
def test_password_is_stored_as_mysql_stores_it(password, stored) -> None:
    assert stored_password(password, stored[7:27]) == stored


def test_salt_stays_the_same_for_an_account_of_a_server() -> None:
    assert salt_of("app", "%", "db1") == "0d6bf47fa41588488f1b"
    others = {salt_of("app", "%", "db2"), salt_of("app", "localhost", "db1")}
    assert len(others | {salt_of("app", "%", "db1")}) == 3
