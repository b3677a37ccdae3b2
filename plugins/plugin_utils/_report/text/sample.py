# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge who answered a number of requests by what a pool should give. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ....module_utils._traffic.http_sample import UNNAMED

# One client that asks in turn finds these exact: it has no cookie, and nothing else in flight.
EXACT = ("round_robin", "least_conn", "sticky")
MISSED = 5  # of so many that are due, other clients do not take all

Found = t.Mapping[str, t.Any]


def expected_shares(pool: Found, requests: int, names: t.Mapping[str, str]) -> dict[str, float]:
    """Return how many of the requests each member that serves is due by its weight.

    Backups serve where nobody else does. names holds what members call themselves in their
    answers, where that is not their own name; those that share a name share what is due.
    """
    serving = [each for each in pool["members"] if each["state"] == "up" and each["weight"] > 0]
    serving = [each for each in serving if not each["backup"]] or serving
    total = sum(each["weight"] for each in serving)
    due: dict[str, float] = {}
    for each in serving:
        name = names.get(each["name"]) or each["name"]
        due[name] = due.get(name, 0) + requests * each["weight"] / total
    return due


def sample_problems(
    sample: Found,
    pool: Found,
    requests: int,
    tolerance: int,
    names: t.Mapping[str, str] | None = None,
) -> list[str]:
    """Say how the answers differ from what the pool should give, a sentence each.

    tolerance is by how many answers a member may differ from its due: requests of other clients
    fall among these. What they can not explain is a problem all the same: a member that is due
    some and answers none, or answers though it is due none.
    """
    problems = []
    if sample["failed_requests"]:
        problems.append(
            f"{sample['failed_requests']} of {requests} requests got no answer:"
            f" {sample['errors'][0]}"
        )
    answered = sample["statuses"]
    if set(answered) - {"200"}:
        problems.append(f"answers by status {answered}, expected 200 only")
    if _nameless(sample):
        return problems
    due, served = expected_shares(pool, requests, names or {}), sample["served_by"]
    exact = _method(pool) in EXACT
    for name in sorted({*due, *served}):
        share, count = due.get(name, 0), served.get(name, 0)
        if not _plausible(share, count, tolerance) if exact else count and not share:
            problems.append(f"{name} answered {count} of {requests}, due {share:g}")
    return problems


def _plausible(share: float, count: int, tolerance: int) -> bool:
    if not share or (share >= MISSED and not count):
        return not share and not count
    # Shares that are no whole numbers may fall to either side.
    return abs(count - share) <= tolerance + (share % 1 > 0)


def sample_notes(sample: Found, pool: Found) -> list[str]:
    """Say what of the answers is not judged, and why."""
    if _nameless(sample):
        why = "no answer says in X-Served-By whose it is"
    elif _method(pool) not in EXACT:
        why = f"{_method(pool)} gives no exact ones"
    else:
        return []
    return [f"not judged: the shares of the members, as {why}"]


def _method(pool: Found) -> str:
    return pool.get("method", "round_robin")


def _nameless(sample: Found) -> bool:
    """Tell whether the answers come from an application that does not name itself."""
    return set(sample["served_by"]) == {UNNAMED}
