# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the stored tests of a URL map on the real nginx of a staged release, before it goes live.

A copy of the release runs without a network, with stand-ins in place of the members. Begin with
`refuse_failing_tests`.
"""

from __future__ import annotations

import contextlib
import typing as t
from pathlib import Path

from .._nginx.checks import PoolError
from .._release.engine import ServiceError
from .._release.release import COMPOSE_FILE, Release
from .route_expectation import Answer
from .route_tests import SCHEMES, TESTS_FILE, RouteTest, read_tests
from .standin_files import Copy, Listening, stand_in_copy
from .standin_runner import CANNOT, Runner, running
from .standin_servers import ANSWER_HEADER, ROUTE_HEADER
from .unix_http import UnixClient

SHOWN = 20  # failures in a message; a person reads no more


def refuse_failing_tests(
    wanted: Release, present: Release | None, staged: Path, runner: Runner
) -> None:
    """Run the tests of a release that is staged; a ServiceError tells which fail, or why none runs.

    They are not run again where a present release has passed them, and differs from the wanted one
    in nothing that they see, such as in weights.
    """
    try:
        tests = read_tests(wanted.files.get(TESTS_FILE, ""))
        seen = _seen(wanted, runner) if tests else None
    except PoolError as exc:
        raise ServiceError(f"{CANNOT}: {exc}") from None
    passed = None
    with contextlib.suppress(PoolError):
        passed = _seen(present, runner) if seen and present else None
    if seen and seen != passed:
        copy = seen[1]
        copy.files.update(wanted.generated())
        refuse_failures(copy, tests, staged, runner)


def _seen(release: Release, runner: Runner) -> tuple[str, Copy]:
    """Return all of a release that its tests depend on."""
    return release.files.get(COMPOSE_FILE, ""), stand_in_copy(release.files, runner.places)


def refuse_failures(copy: Copy, tests: t.Sequence[RouteTest], staged: Path, runner: Runner) -> None:
    """Raise a ServiceError if a test fails on the nginx of a copy, or if it cannot be run.

    staged is the directory of the release, where its secrets are.
    """
    with running(copy, staged, runner) as sockets:
        problems = _failures(copy, sockets, tests)
    if problems:
        shown = [*problems[:SHOWN], *_rest(len(problems) - SHOWN)]
        head = f"{len(problems)} of {len(tests)} tests of the URL map fail, nothing was changed:"
        raise ServiceError("\n".join([head, *shown]))


def _rest(count: int) -> list[str]:
    return [f"and {count} more"] if count > 0 else []


def _failures(copy: Copy, sockets: Path, tests: t.Sequence[RouteTest]) -> list[str]:
    """Return a line for each test that fails."""
    problems = []
    with contextlib.ExitStack() as stack:
        clients = {
            each.socket: stack.enter_context(UnixClient(sockets / each.socket))
            for each in copy.listeners
        }
        for test in tests:
            listener = listener_for(test, copy.listeners)
            if listener is None:
                told = f"{test.name}: no listener takes {test.scheme}"
                problems.append(told + (f" on port {test.port}" if test.port else ""))
            elif problem := test.failure(_ask(clients[listener.socket], test)):
                problems.append(problem)
    return problems


def listener_for(test: RouteTest, listeners: t.Sequence[Listening]) -> Listening | None:
    """Return the listener that takes the request of a test, or None.

    It is the one on the port that the URL names, or on the scheme's usual port. Without both it is
    the only one of the scheme.
    """
    fitting = [each for each in listeners if each.tls == (test.scheme == "https")]
    port = test.port or SCHEMES[test.scheme]
    exact = [each for each in fitting if each.port == port]
    if exact:
        return exact[0]
    if test.port:
        return None
    return fitting[0] if len({each.port for each in fitting}) == 1 else None


def _ask(client: UnixClient, test: RouteTest) -> Answer:
    status, headers = client.ask(test.method, test.target, test.host, test.headers)
    pool, method, path = (*str(headers.get(ANSWER_HEADER) or "").split(" ", 2), "", "", "")[:3]
    location, rule = (str(headers.get(name) or "") for name in ("Location", ROUTE_HEADER))
    return Answer(status, pool, method, path, location, rule)
