# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last steps: where the URL map sends a request, and how the pool there serves."""

from __future__ import annotations

from .case import Case, Step, refusal
from .decisions import ANSWER, REDIRECT
from .members import member_shares
from .steps_of_rules import closed

PANIC = "PANIC: less than half of the weight is good, so all members serve"


def route(case: Case) -> list[Step]:
    """Tell where the URL map sends the request, and the shares of the members there."""
    found = case.route()
    rule = found.rule or f"the pool of port {case.question.port}"
    if found.kind == REDIRECT:
        return [Step("route", rule, f"is redirected to {found.url} ({found.code})")]
    if found.kind == ANSWER:
        return [Step("route", rule, f"gets {found.code} from nginx itself")]
    total = sum(weight for _pool, weight in found.pools)
    shares = [f"{pool} {100 * weight / total:.4g} %" for pool, weight in found.pools if total]
    where = found.pools[0][0] if len(found.pools) == 1 else " or ".join(shares)
    steps = [Step("route", f"{rule}: pool {where} sees {found.path}")]
    for pool, _weight in found.pools:
        steps += _pool(case, pool, only=len(found.pools) == 1)
    if len(found.pools) > 1:
        steps.append(Step("pools", where, f"is answered by one of the pools {where}"))
    return steps


def _pool(case: Case, pool: str, *, only: bool) -> list[Step]:
    """Tell how a pool serves; only tells that no other pool might."""
    shut = closed(case, pool, f"pool {pool}")
    if shut and shut[0].outcome:
        return shut if only else [Step("maintenance", shut[0].evidence)]
    if pool not in case.balancer.pools:
        return [refusal("pool", f"{pool} is not in the release that is live", "gets 502")]
    members = member_shares(case.balancer, pool)
    steps = [
        *shut,
        Step("pool", f"{pool}: {_told(case, pool)}"),
        *(Step("member", each.told()) for each in members),
    ]
    serving = ", ".join(f"{each.name} {each.percent:.4g} %" for each in members if each.percent)
    if only and not serving:
        steps.append(refusal("members", "none serves", "gets 502: no member serves"))
    elif only:
        steps.append(Step("members", serving, f"is answered by {serving} of pool {pool}"))
    return steps


def _told(case: Case, pool: str) -> str:
    """Return what was read of a pool: its method, how nginx learns of members, and panic."""
    told = case.balancer.health.get(pool) or {}
    engine = f", members by {told['engine']}" if told.get("engine") else ""
    method = case.balancer.pools[pool].get("method", "round_robin")
    return f"method {method}{engine}" + (f"; {PANIC}" if told.get("panic") else "")
