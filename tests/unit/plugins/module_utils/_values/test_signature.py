# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values.signature import signed_by


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"by": "ada", "login": "ubuntu"}, "ada (login ubuntu)"),
        ({"by": "ada", "login": "ada"}, "ada"),
        ({"by": "ada"}, "ada"),
        ({"by": "ada", "login": None}, "ada"),
        ({"login": "ubuntu"}, "(login ubuntu)"),
        ({}, ""),
    ],
)
def test_claim_and_login_are_told_apart(entry, words) -> None:
    assert signed_by(entry) == words
