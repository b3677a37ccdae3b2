# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import http.server
import threading
import typing as t
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._traffic.http_sample import (
    Sample,
    take_sample,
)
from support.tls import SignedPair

SHOP, OTHER = SignedPair.make(["shop.example"]), SignedPair.make(["shop.example"])


@pytest.mark.parametrize("url", ["ftp://x/", "x", "https:///x"])
def test_url_must_be_http_or_https(url: str) -> None:
    with pytest.raises(ValueError, match=f"{url} is not an address of http or https"):
        take_sample(url, 1, "X-Served-By", 1)


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Served-By", "web1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture
def shop(tmp_path: Path) -> t.Iterator[str]:
    """Serve https for shop.example alone, and return the address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    context = SHOP.context(tmp_path)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("host", "ca", "answers", "error"),
    [
        ("shop.example", SHOP, 2, ""),
        ("shop.example:8443", SHOP, 2, ""),
        ("other.example", SHOP, 0, "Hostname mismatch"),
        ("", SHOP, 0, "IP address mismatch"),
        ("shop.example", OTHER, 0, "self-signed certificate"),
        ("shop.example", None, 0, "self-signed certificate"),
    ],
)
def test_sample_by_tls(shop: str, host: str, ca: SignedPair | None, answers: int, error) -> None:
    sample = take_sample(shop, 2, "X-Served-By", 5, host, ca.certificate if ca else "")
    assert sample.served_by == ({"web1": answers} if answers else {})
    assert all(error in each.replace("self signed", "self-signed") for each in sample.errors)
    assert len(sample.errors) == 2 - answers


def test_ca_must_be_certificates() -> None:
    with pytest.raises(ValueError, match="ca is not a text of certificates"):
        take_sample("https://127.0.0.1:1/", 1, "X-Served-By", 1, ca="secret")


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
