# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.checks import PoolError
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import (
    NEWEST,
    SINCE,
    has,
    parse_version,
    show_version,
)


@pytest.mark.parametrize("text, version", [("1.30", (1, 30, 0)), ("1.29.6-alpine", (1, 29, 6))])
def test_version_is_read_from_a_tag(text: str, version: tuple) -> None:
    assert parse_version(text) == version
    assert text.startswith(show_version(version)[:4])


def test_error_for_an_unknown_version_names_the_variable_to_set() -> None:
    with pytest.raises(PoolError, match="set nginx_lb_version"):
        parse_version("latest")


def test_features_of_a_version() -> None:
    """The versions themselves are tried in real programs, by the tests of the role."""
    missing = [each for each in SINCE if not has(parse_version("1.29.6"), each)]
    assert missing == ["keepalive_by_default"]
    assert all(has(NEWEST, each) for each in SINCE)
