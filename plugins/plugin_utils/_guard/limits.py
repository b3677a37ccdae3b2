# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the rates of rules as zones of nginx, which previews share by a dry run. No I/O.

nginx's dry run is of a whole location and not of one rate. Where all rates are previews, nginx
counts by a dry run. Where some are enforced, it counts these alone, and the log tells of a preview
which rate it has: `module_utils/_traffic/rules.py` counts what would have been refused.
"""

from __future__ import annotations

import hashlib
import typing as t

from .conditions import header
from .values import Gatekeeper, Rule

ZONE_SIZE = "10m"  # remembers 80,000 clients


def limited(gatekeeper: Gatekeeper) -> list[Rule]:
    """Return the rules with rates that nginx counts."""
    rules = [rule for rule in gatekeeper.rules if rule.limit]
    return rules if is_dry(gatekeeper) else [rule for rule in rules if not rule.preview]


def is_dry(gatekeeper: Gatekeeper) -> bool:
    """Tell whether nginx counts rates and refuses nothing: there are some, and all are previews."""
    previews = [rule.preview for rule in gatekeeper.rules if rule.limit]
    return bool(previews) and all(previews)


def would(rule: Rule, dry: bool) -> str:
    """Return what the log tells of a preview that a request meets."""
    if not rule.limit:
        return f"{rule.action}:{rule.name}"
    if dry:
        return f"throttled:{rule.name}"
    key = rule.limit.key
    return f"throttle:{rule.name}:{rule.limit.per_minute}:{rule.limit.burst}:{key}"


def zones(gatekeeper: Gatekeeper, balancers: int) -> list[str]:
    """Return the lines that stand in http; each balancer admits its part of a rate."""
    dry = is_dry(gatekeeper)
    lines = []
    for rule in limited(gatekeeper):
        zone = zone_of(rule)
        source, value = ("$peerlb_first", would(rule, dry)) if dry else ("$peerlb_rule", rule.name)
        lines += _key_of_header(rule)
        lines += [
            f'map {source} ${zone} {{ default ""; "{value}" {_counted(rule)}; }}',
            f"limit_req_zone ${zone} zone={zone}:{ZONE_SIZE} rate={_rate(rule, balancers)}r/m;",
        ]
    return lines


def limits(gatekeeper: Gatekeeper) -> list[str]:
    """Return the lines that stand in each server."""
    rules = limited(gatekeeper)
    lines = [f"limit_req zone={zone_of(rule)}{_burst(rule)};" for rule in rules]
    if lines:
        # The access log has them already.
        lines += ["limit_req_status 429;", "limit_req_log_level info;"]
    return lines + (["limit_req_dry_run on;"] if is_dry(gatekeeper) else [])


def zone_of(rule: Rule) -> str:
    """Return the name of a rule's zone.

    nginx does not take a zone over whose key has changed, though it says that it reloaded; so the
    name follows from the key. A rate that changes keeps its name, and what nginx remembers.
    """
    content = f"{rule.name} {rule.limit.key if rule.limit else ''} {rule.preview} {ZONE_SIZE}"
    return f"peerlb_key_{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def _counted(rule: Rule) -> str:
    key = rule.limit.key if rule.limit else ""
    if key == "client":
        return "$binary_remote_addr"
    return "all" if key == "all" else f"${zone_of(rule)}_header"


def _key_of_header(rule: Rule) -> list[str]:
    """Count a request without the header by its client, or leaving it out would lift the limit."""
    key = rule.limit.key if rule.limit else ""
    if key in ("", "client", "all"):
        return []
    source = header(key)
    return [f'map {source} {_counted(rule)} {{ "" $binary_remote_addr; default {source}; }}']


def _rate(rule: Rule, balancers: int) -> int:
    return max(1, round(rule.limit.per_minute / balancers)) if rule.limit else 0


def _burst(rule: Rule) -> str:
    burst = rule.limit.burst if rule.limit else 0
    return f" burst={burst} nodelay" if burst else ""


def retries(rules: t.Iterable[Rule]) -> list[str]:
    """Return entries of a map: after how many seconds a client may try again, by rule."""
    return [f"{rule.name} {rule.retry_after};" for rule in rules if rule.retry_after]
