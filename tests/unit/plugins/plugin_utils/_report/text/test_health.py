# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.text.health import (
    health_lines,
    health_problems,
    health_word,
)

SINCE = "2026-01-01T10:00:00Z"
GOOD = {"state": "good", "serves": True, "since": SINCE, "why": "", "flaps": False}
BAD = {**GOOD, "state": "bad", "serves": False, "why": "answers 503"}
DEAD = {"alive": False, "errors": [], "seconds_ago": 320.5}
RUN = "Run: systemctl status peerlb-pools.service"
DRAINED = {"state": "drain", "weight": 1}


def info(
    web2: dict | None = None, operator: dict | None = None, unit: dict | None = None, **pool
) -> dict:
    """Return what the module tells of a pool whose member web2 is so."""
    up = {"state": "up", "weight": 1}
    members = [{"name": "web1", **up}, {"name": "web2", **(operator or up)}]
    entry = {"engine": "dns", "why_reload": "", "panic": False, "asked_seconds_ago": {"http": 0.4}}
    writes = pool.pop("writes", False)
    return {
        "unit": {"alive": True, "errors": [], "seconds_ago": 0.2} if unit is None else unit,
        "health": {"webapp": {**entry, "members": {"web1": GOOD, "web2": web2 or GOOD}, **pool}},
        "listeners": [{"pool": "webapp", "protocol": "http"}],
        "pools": [{"name": "webapp", "members": members, "health": {"writes": writes}}],
    }


FOLLOWS = "pool webapp follows without a reload; nginx asked 0.4 s ago"
WEB2_BAD = f"pool webapp, member web2: bad since {SINCE} (answers 503)"
PANIC = "pool webapp: PANIC: less than half of the weight is good, so all members serve"
NEVER = "pool webapp: nginx HAS NEVER ASKED who serves: docker logs peerlb-nginx"
LATE = (
    "pool webapp: nginx HAS NOT ASKED for 12.5 s who serves, so no change takes effect:"
    " docker logs peerlb-nginx"
)
IS_DEAD = (
    "peerlb-pools.service IS DEAD since 320.5 s: nginx goes on with the members that it knows,"
    f" and nobody watches them. {RUN}"
)
ERROR = (
    "peerlb-pools.service HAS AN ERROR: nginx cannot ask. Run: journalctl -u peerlb-pools.service"
)
FLAPPING = {**GOOD, "flaps": True}


@pytest.mark.parametrize(
    ("told", "lines", "problems"),
    [
        (info(), [FOLLOWS], []),
        (info(BAD), [FOLLOWS, WEB2_BAD], [WEB2_BAD]),
        (info(BAD, DRAINED), [FOLLOWS, WEB2_BAD], []),
        (info(BAD, {"state": "up", "weight": 0}), [FOLLOWS, WEB2_BAD], []),
        (info(BAD, writes=True), [FOLLOWS, WEB2_BAD], []),
        (
            info(BAD, writes=True, members={"web1": BAD}),
            [FOLLOWS, WEB2_BAD.replace("web2", "web1")],
            [WEB2_BAD.replace("web2", "web1")],
        ),
        (info(FLAPPING), [FOLLOWS, f"pool webapp, member web2: good since {SINCE}; it FLAPS"], []),
        (
            info({**BAD, "flaps": True}),
            [FOLLOWS, f"{WEB2_BAD}; it FLAPS"],
            [f"{WEB2_BAD}; it FLAPS"],
        ),
        (info({**GOOD, "state": "unknown"}), [FOLLOWS], []),
        (info(panic=True), [FOLLOWS, PANIC], [PANIC]),
        (info(asked_seconds_ago={"http": 12.5}), [LATE], [LATE]),
        (info(asked_seconds_ago={"tcp": 0.1}), [NEVER], [NEVER]),
        ({**info(), "listeners": []}, ["pool webapp follows without a reload"], []),
        (
            info(unit=DEAD, panic=True, asked_seconds_ago={}),
            [IS_DEAD, "pool webapp follows without a reload"],
            [IS_DEAD],
        ),
        (
            info(BAD, unit={**DEAD, "seconds_ago": None}),
            [IS_DEAD.replace(" since 320.5 s", ""), "pool webapp follows without a reload"],
            [IS_DEAD.replace(" since 320.5 s", "")],
        ),
        (
            info(unit={"alive": True, "errors": ["nginx cannot ask"], "seconds_ago": 0.1}),
            [ERROR, FOLLOWS],
            [ERROR],
        ),
        (
            info(engine="reload", why_reload="nginx 1.26 cannot", asked_seconds_ago={}),
            ["pool webapp: each change is a reload, as nginx 1.26 cannot"],
            [],
        ),
        (
            info(unit={}, engine="reload", asked_seconds_ago={}),
            ["pool webapp: each change is a reload"],
            [],
        ),
        ({"pools": [{"name": "webapp", "members": []}]}, [], []),
    ],
)
def test_health_in_words(told, lines, problems) -> None:
    assert health_lines(told) == lines
    assert health_problems(told) == problems


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (info(), "good"),
        (info(BAD), "bad"),
        (info({**BAD, "flaps": True}), "bad,flaps"),
        (info(BAD, unit=DEAD), "unknown"),
        (info(members={}), ""),
        ({}, ""),
    ],
)
def test_health_in_a_word(told, word) -> None:
    assert health_word(told, "webapp", "web2") == word
