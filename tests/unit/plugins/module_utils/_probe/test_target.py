# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._probe.target import (
    Outcome,
    ProbeError,
    Result,
    Target,
    check_limits,
    connect_failure,
    mismatch_message,
    parse_targets,
    summary,
)

WEB = {"name": "lb1 -> web1", "address": "10.1.0.2", "port": 3000}
from support.tls import SignedPair


def result(expect: str, state: str, connected: bool, **target) -> Result:
    return Result(
        Target(**{**WEB, **target}, expect=expect), Outcome(state, connected, "why"), 1.26
    )


def test_targets_keep_their_order_and_have_defaults() -> None:
    first, second = parse_targets([WEB, {**WEB, "name": "b", "protocol": "http", "path": "/up"}])
    assert first == Target("lb1 -> web1", "10.1.0.2", 3000, "tcp", "open", "/")
    assert (second.name, second.protocol, second.path) == ("b", "http", "/up")
    assert (second.host, second.statuses) == ("", ())
    (third,) = parse_targets([{**WEB, "host": "shop.example:80", "statuses": [200, 302]}])
    assert (third.host, third.statuses) == ("shop.example:80", (200, 302))


@pytest.mark.parametrize(
    "bad, problem",
    [
        ({"address": "db1.example"}, "address 'db1.example' is not the IPv4 address of a host"),
        ({"address": "10.1.0.256"}, "address '10.1.0.256' is not the IPv4 address of a host"),
        ({"address": "10.1.0.0/24"}, "address '10.1.0.0/24' is not the IPv4 address of a host"),
        ({"address": "::1"}, "address '::1' is not the IPv4 address of a host"),
        ({"address": "0.0.0.0"}, "address '0.0.0.0' is not the IPv4 address of a host"),
        ({"address": "224.0.0.1"}, "address '224.0.0.1' is not the IPv4 address of a host"),
        ({"address": ""}, "address '' is not the IPv4 address of a host"),
        ({"port": 0}, "port 0 is not between 1 and 65535"),
        ({"port": 65536}, "port 65536 is not between 1 and 65535"),
        ({"path": "up"}, "path 'up' is not a plain path that begins with /"),
        ({"path": "/a b"}, "path '/a b' is not a plain path that begins with /"),
        ({"path": "/a\r\nX: y"}, "path '/a\\r\\nX: y' is not a plain path that begins with /"),
        ({"host": "a b"}, "host 'a b' is not a plain host name"),
        ({"host": "a\r\nX: y"}, "host 'a\\r\\nX: y' is not a plain host name"),
        ({"statuses": [99, 100, 599, 600]}, "statuses [99, 600] are not between 100 and 599"),
        ({"path": "/a\n"}, "path '/a\\n' is not a plain path that begins with /"),
    ],
)
def test_bad_target_is_refused_by_name(bad: dict, problem: str) -> None:
    with pytest.raises(ProbeError) as info:
        parse_targets([WEB, {**WEB, "name": "the bad one", **bad}])
    assert info.value.problems == (f"target 'the bad one': {problem}",)


def test_every_bad_target_is_named_at_once() -> None:
    with pytest.raises(ProbeError) as info:
        parse_targets([{**WEB, "name": "a", "address": "x", "port": 0}, {**WEB, "port": -1}])
    assert [problem.split(":")[0] for problem in info.value.problems] == [
        "target 'a'",
        "target 'a'",
        "target 'lb1 -> web1'",
    ]


@pytest.mark.parametrize("timeout", [0, -1, 60.1, float("inf"), float("nan")])
def test_timeout_out_of_range_is_refused(timeout: float) -> None:
    with pytest.raises(ProbeError, match="timeout"):
        check_limits(timeout, 1)


def test_concurrency_below_one_is_refused() -> None:
    check_limits(0.1, 1)
    check_limits(60, 200)
    with pytest.raises(ProbeError, match="concurrency 0 is less than 1"):
        check_limits(1, 0)


@pytest.mark.parametrize(
    "code, state, detail",
    [
        (errno.ECONNREFUSED, "refused", "Connection refused"),
        (errno.ETIMEDOUT, "timeout", "Connection timed out"),
        (errno.ECONNABORTED, "timeout", "Software caused connection abort"),
        (errno.EHOSTUNREACH, "no_route", "No route to host"),
        (errno.ENETUNREACH, "no_route", "Network is unreachable"),
        (errno.EACCES, "no_route", "Permission denied"),
        (errno.EPERM, "no_route", "Operation not permitted"),
        (errno.EINVAL, "no_route", "Invalid argument"),
    ],
)
def test_failed_connect_has_the_state_of_its_error(code: int, state: str, detail: str) -> None:
    found = connect_failure(Target(**WEB), OSError(code, "Connect call failed"))
    assert found == Outcome(state, False, detail)


@pytest.mark.parametrize(
    "protocol, state", [("tcp", "open"), ("http", "wrong_protocol"), ("mysql", "wrong_protocol")]
)
def test_reset_at_once_counts_as_connected(protocol: str, state: str) -> None:
    found = connect_failure(Target(**WEB, protocol=protocol), OSError(errno.ECONNRESET, ""))
    assert (found.state, found.connected) == (state, True)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EADDRNOTAVAIL, errno.ENOBUFS, None])
def test_error_of_this_host_is_no_outcome(code: int | None) -> None:
    with pytest.raises(ProbeError, match="'lb1 -> web1' could not be probed from here"):
        connect_failure(Target(**WEB), OSError(code, "trouble"))


@pytest.mark.parametrize(
    "state, connected, ok_if_open, ok_if_closed",
    [
        ("open", True, True, False),
        ("refused", False, False, True),
        ("timeout", False, False, True),
        ("timeout", True, False, False),
        ("no_route", False, False, True),
        ("wrong_protocol", True, False, False),
        ("wrong_status", True, False, False),
        ("blocked", True, False, False),
    ],
)
def test_result_is_ok_if_expected(
    state: str, connected: bool, ok_if_open: bool, ok_if_closed: bool
) -> None:
    assert result("open", state, connected).ok is ok_if_open
    assert result("closed", state, connected).ok is ok_if_closed


def test_report_of_a_result() -> None:
    assert result("closed", "refused", False, protocol="http").report() == {
        "name": "lb1 -> web1",
        "address": "10.1.0.2",
        "port": 3000,
        "protocol": "http",
        "expect": "closed",
        "state": "refused",
        "connected": False,
        "latency_ms": 1.3,
        "detail": "why",
        "ok": True,
    }


def test_mismatch_message_names_every_mismatch_and_no_match() -> None:
    results = [
        result("closed", "open", True, name="web1 -> db1", port=3306, protocol="mysql"),
        result("open", "open", True, name="fine"),
        result("open", "timeout", False, name="web1 -> lb1:3306", port=3306),
    ]
    assert mismatch_message(results).splitlines() == [
        "2 of 3 targets not as expected:",
        "web1 -> db1:3306 (mysql): expected closed, found open (why)",
        "web1 -> lb1:3306 (tcp): expected open, found timeout (why)",
    ]
    assert summary(results) == {"total": 3, "ok": 1, "mismatched": 2}


def test_mismatch_message_is_empty_without_a_mismatch() -> None:
    assert mismatch_message([result("open", "open", True)]) == ""
    assert summary([]) == {"total": 0, "ok": 0, "mismatched": 0}


def test_ca_is_a_text_of_certificates() -> None:
    good = SignedPair.make(["a.example"]).certificate
    assert Target("a", "10.0.0.2", 443, "https", ca=good).problems() == []
    for ca in ("secret", good[:-60], "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"):
        problems = Target("a", "10.0.0.2", 443, "https", ca=ca).problems()
        assert problems == ["target 'a': ca is not a text of certificates (PEM)"]
