# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.question import (
    Question,
    RequestError,
)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://shop.example/cart", ("https", "shop.example", 443, "/cart")),
        ("http://Shop.Example", ("http", "shop.example", 80, "/")),
        ("http://10.0.0.2:8080/a%2Fb//?x=1&y", ("http", "10.0.0.2", 8080, "/a%2Fb//?x=1&y")),
        ("https://shop.example?x", ("https", "shop.example", 443, "/?x")),
    ],
)
def test_url_is_taken_apart(url, place) -> None:
    question = Question.parse(url)
    assert (question.scheme, question.host, question.port, question.target) == place
    assert question.path == place[3].partition("?")[0]


@pytest.mark.parametrize(
    "headers", [{"X-A": "b: c"}, '{"X-A": "b: c"}', "X-A: b: c", ["X-A:b: c"], ("X-A: b: c",)]
)
def test_headers_are_written_in_several_ways(headers) -> None:
    question = Question.parse("http://x/", "POST", headers, "203.0.113.7")
    assert question.headers == {"X-A": "b: c"}
    assert question.told() == "POST http://x/, X-A: b: c from 203.0.113.7"


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"url": "shop.example/cart"}, "url is 'shop.example/cart', not a URL such as"),
        ({"url": "ftp://x/"}, "url is 'ftp://x/', not a URL such as"),
        ({"url": "http://x/#a"}, "without a fragment"),
        ({"url": "http://x:0/"}, "with a port from 1 to 65535"),
        ({"url": "http://x:99999/"}, "with a port from 1 to 65535"),
        ({"url": "http://x/a b"}, "url is 'http://x/a b'"),
        ({"url": 7}, "url is 7, not text"),
        ({"method": "get"}, "method is 'get', not a method such as GET"),
        ({"headers": "X-A"}, "headers is 'X-A', not a header such as"),
        ({"headers": "{"}, "headers is '{', not a mapping"),
        ({"headers": {"X A": "b"}}, "headers: X A is no name of a header"),
        ({"headers": {"X-A": "b\r\n"}}, "headers: X-A is 'b\\r\\n', not text of one line"),
        ({"client": "lb1"}, "client is 'lb1', not an IPv4 address such as 203.0.113.7"),
        ({"client": "2001:db8::1"}, "client is '2001:db8::1', not an IPv4 address"),
    ],
)
def test_wrong_input_is_named(inputs, message) -> None:
    with pytest.raises(RequestError) as error:
        Question.parse(**{"url": "http://x/", **inputs})
    assert message in str(error.value)


def test_every_wrong_input_is_named() -> None:
    with pytest.raises(RequestError) as error:
        Question.parse("x", "y", "z", "w")
    assert [line.split()[0] for line in str(error.value).splitlines()] == [
        *("url", "method", "headers", "client")
    ]
