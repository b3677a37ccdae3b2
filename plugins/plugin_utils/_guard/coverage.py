# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules can never decide, because an earlier one takes all that they match. No I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._values.ranges import Span, covers, union
from .evaluate import path_matches
from .values import Gatekeeper, Match, Rule


def never_reached(gatekeeper: Gatekeeper) -> list[tuple[Rule, Rule]]:
    """Return each rule that never decides, with the earlier rule that takes its requests.

    A rule in preview takes none.
    """
    pairs = []
    for number, rule in enumerate(gatekeeper.rules):
        for earlier in gatekeeper.rules[:number]:
            if not earlier.preview and _takes_all(gatekeeper, earlier.match, rule.match):
                pairs.append((rule, earlier))
                break
    return pairs


def _takes_all(gatekeeper: Gatekeeper, wide: Match, narrow: Match) -> bool:
    headers = dict(narrow.headers)
    return (
        _sources(gatekeeper, wide, narrow)
        and _alternatives(wide.methods, narrow.methods, str.__eq__)
        and _alternatives(wide.paths, narrow.paths, _path_covers)
        and all(set(headers.get(name, [""])) <= set(values) for name, values in wide.headers)
        and set(wide.without_headers) <= set(narrow.without_headers)
    )


def _alternatives(
    wide: t.Sequence[str], narrow: t.Sequence[str], holds: t.Callable[[str, str], bool]
) -> bool:
    if not wide:
        return True
    return bool(narrow) and all(any(holds(one, each) for one in wide) for each in narrow)


def _path_covers(wide: str, narrow: str) -> bool:
    if narrow.endswith("/*"):
        return wide.endswith("/*") and path_matches(wide, narrow[:-2] or "/")
    return path_matches(wide, narrow)


def _sources(gatekeeper: Gatekeeper, wide: Match, narrow: Match) -> bool:
    if not wide.lists and not wide.sources:
        return True
    others = [name for name in narrow.lists if name not in wide.lists]
    if not others and not narrow.sources:
        return bool(narrow.lists)
    # What files hold changes without the declaration, and must not make it wrong.
    if gatekeeper.from_files.intersection(others):
        return False
    declared = [name for name in wide.lists if name not in gatekeeper.from_files]
    return covers(
        _all_sources(gatekeeper, wide.sources, declared),
        _all_sources(gatekeeper, narrow.sources, others),
    )


def _all_sources(
    gatekeeper: Gatekeeper, sources: t.Sequence[Span], lists: t.Iterable[str]
) -> t.Sequence[Span]:
    for name in lists:
        sources = union(sources, gatekeeper.lists[name])
    return sources
