# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.http_sample import (
    Sample,
    take_sample,
)


def test_url_must_be_http() -> None:
    with pytest.raises(ValueError, match="https://x/ is not an http address"):
        take_sample("https://x/", 1, "X-Served-By", 1)


def test_each_request_without_an_answer_is_an_error() -> None:
    sample = take_sample("http://127.0.0.1:1/", 2, "X-Served-By", 1)
    assert len(sample.errors) == 2


def test_requests_are_given_up_if_none_of_the_first_is_answered() -> None:
    sample = take_sample("http://127.0.0.1:1/", 40, "X-Served-By", 1)
    assert (len(sample.errors), sample.errors[3]) == (40, "not sent, as the first 3 got no answer")


def test_an_empty_sample_has_no_median() -> None:
    assert Sample().report()["median_ms"] is None
