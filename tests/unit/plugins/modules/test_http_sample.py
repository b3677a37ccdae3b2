# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import http.server
import itertools
import threading

import pytest
from ansible_collections.peerlb.stack.plugins.modules import http_sample


@pytest.fixture
def url():
    names = itertools.cycle(["web1", "web2"])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/lost":
                return
            self.send_response(503 if self.path == "/ill" else 200)
            self.send_header("X-Served-By", next(names))
            self.end_headers()
            host = self.headers["Host"] if self.path == "/host" else ""
            self.wfile.write((host or self.path).encode())

        def log_message(self, *_args) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_answers_are_counted_by_member(run_module, url) -> None:
    result = run_module(http_sample, url=f"{url}/a?b=c")
    assert result["served_by"] == {"web1": 20, "web2": 20}
    assert result["statuses"] == {"200": 40}
    assert result["body"] == "/a?b=c"
    assert result["failed_requests"] == 0


def test_answers_with_an_error_status_are_answers(run_module, url) -> None:
    assert run_module(http_sample, url=f"{url}/ill", requests=3)["statuses"] == {"503": 3}


def test_lost_requests_are_counted_and_not_sent_again(run_module, url) -> None:
    result = run_module(http_sample, url=f"{url}/lost", requests=3)
    assert (result["failed_requests"], result["statuses"]) == (3, {})
    assert result["errors"]


def test_request_is_sent_by_name(run_module, url) -> None:
    asked = {"url": f"{url}/host", "requests": 1}
    assert run_module(http_sample, **asked)["body"] == url.removeprefix("http://")
    assert run_module(http_sample, **asked, host="shop.example")["body"] == "shop.example"


def test_wrong_answer_fails_with_the_counts(run_module, url) -> None:
    asked = {"url": f"{url}/ill", "requests": 3}
    assert "failed" not in run_module(http_sample, **asked, statuses=[200, 503])
    result = run_module(http_sample, **asked, statuses=[200])
    assert result["failed"]
    assert result["msg"] == "3 got 503; good would be 200"
    assert result["statuses"] == {"503": 3}


@pytest.mark.parametrize(
    "params, message",
    [
        ({"url": "ftp://10.0.0.2/"}, "is not an address of http or https"),
        ({"url": "http://10.0.0.2/", "requests": 0}, "requests is 0"),
        ({"url": "http://10.0.0.2/", "timeout": 0}, "timeout is 0"),
        ({"url": "http://10.0.0.2/", "timeout": "inf"}, "timeout is inf, not a number"),
    ],
)
def test_wrong_input_is_refused(run_module, params, message) -> None:
    result = run_module(http_sample, **params)
    assert result["failed"]
    assert message in result["msg"]
