# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.http_sample import (
    Sample,
    take_sample,
)


def test_url_must_be_http() -> None:
    with pytest.raises(ValueError, match="https://x/ is not an http address"):
        take_sample("https://x/", 1, "X-Served-By", 1)


@pytest.mark.parametrize("host", ["a b", "a\r\nX: y"])
def test_host_must_be_a_plain_name(host) -> None:
    with pytest.raises(ValueError, match="is not a plain host name"):
        take_sample("http://127.0.0.1:1/", 1, "X-Served-By", 1, host)


@pytest.mark.parametrize(
    ("statuses", "errors", "good", "message"),
    [
        ({200: 3}, [], [], ""),
        ({503: 3}, ["reset"], [], ""),
        ({200: 2, 302: 1}, [], [200, 302], ""),
        ({503: 1, 404: 2}, [], [404], "1 got 503; good would be 404"),
        (
            {500: 1, 404: 2, 200: 4},
            ["reset", "late"],
            [200, 302],
            "2 requests got no answer, 2 got 404, 1 got 500; good would be 200, 302",
        ),
    ],
)
def test_requests_without_a_good_answer_are_named(statuses, errors, good, message) -> None:
    sample = Sample(statuses=collections.Counter(statuses), errors=errors)
    assert sample.unexpected(good) == message


def test_each_request_without_an_answer_is_an_error() -> None:
    sample = take_sample("http://127.0.0.1:1/", 2, "X-Served-By", 1)
    assert len(sample.errors) == 2


def test_requests_are_given_up_if_none_of_the_first_is_answered() -> None:
    sample = take_sample("http://127.0.0.1:1/", 40, "X-Served-By", 1)
    assert (len(sample.errors), sample.errors[3]) == (40, "not sent, as the first 3 got no answer")


def test_an_empty_sample_has_no_median() -> None:
    assert Sample().report()["median_ms"] is None
