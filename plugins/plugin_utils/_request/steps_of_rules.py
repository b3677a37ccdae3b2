# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps before the URL map: challenges, bans, maintenance, the gatekeeper, and https."""

from __future__ import annotations

import datetime

from .case import NO_CLIENT, Case, Step, refusal, within
from .decisions import REDIRECT

ALL = "all"


def challenge(case: Case) -> list[Step]:
    """Tell that challenges of ACME are answered before all rules, over http."""
    if not case.is_challenge or case.listener.get("tls"):
        return []
    told = "a challenge of ACME comes before bans, maintenance and rules"
    return [Step("challenge", told, "is answered with the file of the challenge, or 404")]


def ban(case: Case) -> list[Step]:
    """Tell whether the client is banned."""
    count, client = case.balancer.banned, case.question.client
    if not client:
        return [Step("ban", f"bans: {count}; {NO_CLIENT}")] if count else []
    found = next(iter(case.balancer.bans), None)
    if found is None:
        return [Step("ban", f"{client} is in none of {count} bans")]
    reason = f", because: {found['reason']}" if found.get("reason") else ""
    told = f"{found['range']} is banned until {_moment(found.get('until'))}"
    whose = f", set by {found.get('by') or found.get('source') or 'nobody known'}{reason}"
    return [refusal("ban", told + whose, f"is refused, as {client} is banned (403)")]


def maintenance(case: Case) -> list[Step]:
    """Tell whether all that is served is in maintenance."""
    return closed(case, ALL, "all that is served")


def guard(case: Case) -> list[Step]:
    """Tell which rule of the gatekeeper takes the request."""
    if case.balancer.guard is None:
        return []
    verdict = case.balancer.guard(case.question)
    told = f"rule {verdict.rule}: {verdict.action}"
    told += f" ({verdict.told})" if verdict.told else ""
    told += f"; in preview it would be {verdict.would}" if verdict.would else ""
    told += "" if case.question.client else f"; ranges are {NO_CLIENT}"
    if verdict.action in ("", "allow"):
        return [Step("guard", told)]
    if verdict.action in ("throttle", "ban"):
        return [Step("guard", f"{told}: refused only beyond its rate")]
    done = "redirected" if verdict.action == REDIRECT else "refused"
    return [refusal("guard", told, f"is {done} by the rule {verdict.rule} of the gatekeeper")]


def https(case: Case) -> list[Step]:
    """Tell that http is sent to https, but for a declared name that no certificate covers."""
    balancer, host = case.balancer, case.question.host
    tls = [each for each in balancer.listeners if each.get("tls")]
    if case.listener.get("tls") or not balancer.redirects or not tls:
        return []
    if balancer.is_served(host) and not any(each.covers(host) for each in balancer.certificates):
        return [Step("https", f"no certificate covers {host}, so that it is served by http")]
    port = "" if tls[0]["port"] == 443 else f":{tls[0]['port']}"
    url = f"https://{host}{port}{case.question.target}"
    return [Step("https", "peerlb_tls.redirect is true", f"is redirected to {url} (308)")]


def _moment(until: float | None) -> str:
    """Return a time in seconds of the epoch for people; None never comes."""
    if until is None:
        return "somebody lifts it"
    found = datetime.datetime.fromtimestamp(until, datetime.timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def closed(case: Case, key: str, what: str) -> list[Step]:
    """Tell whether a pool, or ALL, is in maintenance; what names it in words."""
    found = case.balancer.maintenance.get(key)
    if found is None:
        return []
    reason = f", because: {found['reason']}" if found.get("reason") else ""
    since = f"since {found.get('at', '')}, set by {found.get('by', '')}"
    told = f"{what} is in maintenance {since}{reason}"
    allow = [str(each) for each in found.get("allow") or ()]
    if allow and not case.question.client:
        return [Step("maintenance", f"{told}, but not for {', '.join(allow)}: {NO_CLIENT}")]
    if allow and within(case.question.client, allow):
        return [Step("maintenance", f"{told}, but not for {', '.join(allow)}")]
    retry = found.get("retry_after", "")
    return [refusal("maintenance", told, f"gets the notice (503, Retry-After: {retry})")]
