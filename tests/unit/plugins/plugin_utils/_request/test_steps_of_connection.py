# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._request import (
    steps_of_connection as steps,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.balancer import Served
from ansible_collections.peerlb.stack.plugins.plugin_utils._request.decisions import Route

URL = "https://shop.example/cart"
HTTPS = {"port": 443, "protocol": "http", "pool": "webapp", "tls": True}


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        (URL, ("ok", "*:443 speaks https, its pool is webapp", "")),
        ("http://shop.example/", ("ok", "*:80 speaks http, its pool is webapp", "")),
        (
            "http://shop.example:443/",
            ("FAIL", "*:443 speaks https", "speaks http to a port of https"),
        ),
        (
            "http://shop.example:3306/",
            (
                "FAIL",
                "no listener of http is on port 3306; listeners are on: 80, 443, 3306",
                "reaches no listener",
            ),
        ),
    ],
)
def test_listener(case, told, url, wanted) -> None:
    assert told(steps.listener(case(url))) == [wanted]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, ("ok", "shop for shop.example; 58 days left", "")),
        (
            {"certificates": (Served("shop", ("shop.example",)),)},
            ("ok", "shop for shop.example; days left are not known", ""),
        ),
        (
            {"certificates": (Served("shop", ("shop.example",), -1.0),)},
            (
                "FAIL",
                "shop for shop.example; -1 days left",
                "fails: the certificate has ended",
            ),
        ),
        (
            {"certificates": (Served("a", ("a.example",), 9),)},
            (
                "FAIL",
                "none is for shop.example, and unknown names: refuse; names are: a.example",
                "is refused in the handshake of TLS",
            ),
        ),
        (
            {"certificates": (Served("a", ("a.example",), 9),), "unknown_names": "a"},
            (
                "ok",
                "a for a.example, none is for shop.example, and unknown names get this one;"
                " 9 days left",
                "",
            ),
        ),
    ],
)
def test_certificate(case, told, settings, wanted) -> None:
    assert told(steps.certificate(case(URL, **settings))) == [wanted]


def test_http_has_no_certificate(case) -> None:
    assert steps.certificate(case("http://shop.example/")) == []


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        ((), False),
        (("shop.example",), False),
        (("*.example",), False),
        (("*.shop.example",), True),
        (("a.example",), True),
    ],
)
def test_name(case, names, refused) -> None:
    found = steps.name(case(URL, server_names=names))
    assert [each.outcome for each in found] == ["gets 421 (Misdirected Request)"] * refused


def test_url_map_judges_names_itself(case) -> None:
    def router(_question) -> Route:
        raise AssertionError("nobody was to ask")

    assert steps.name(case(URL, server_names=("a.example",), router=router)) == []


@pytest.mark.parametrize(
    ("allow", "client", "wanted"),
    [
        ([], "203.0.113.7", []),
        (["203.0.113.0/24"], "203.0.113.7", [("ok", "the listener admits 203.0.113.0/24", "")]),
        (
            ["10.0.0.0/8"],
            "203.0.113.7",
            [("FAIL", "the listener admits 10.0.0.0/8", "is refused by the listener (403)")],
        ),
        (
            ["10.0.0.0/8"],
            "",
            [("ok", f"the listener admits 10.0.0.0/8; {steps.NO_CLIENT}", "")],
        ),
    ],
)
def test_admission(case, told, allow, client, wanted) -> None:
    listener = {**HTTPS, "allow": allow}
    assert told(steps.admission(case(URL, client, listeners=(listener,)))) == wanted
