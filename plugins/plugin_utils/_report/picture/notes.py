# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notes on a load balancer's card, as short as the card is narrow: "TLS: shop, 89 days"."""

from __future__ import annotations

import typing as t

from ..data.tally import Record

DEFAULT_RULE = "default"
ALL = "all"  # the name for all pools in maintenance


def notes_of(edge: t.Iterable[Record]) -> dict[str, tuple[str, ...]]:
    """Return the notes of each load balancer by its host; what keeps clients out comes first."""
    return {each["host"]: tuple(_notes(each)) for each in edge}


def _notes(edge: Record) -> t.Iterator[str]:
    pools = edge["maintenance"]
    if pools:
        what = "all" if ALL in pools else pools[0] if len(pools) == 1 else f"{len(pools)} pools"
        yield f"maintenance: {what}"
    if edge["certificates"]:
        yield f"TLS: {_certificates(edge['certificates'])}"
    if edge["routes"]:
        yield f"URL map: {counted(len(edge['routes']), 'route')}"
    if any(rule["action"] for rule in edge["rules"]):
        yield f"gatekeeper: {counted(rules_of(edge), 'rule')}"
    if edge["banned"]:
        yield f"bans: {counted(edge['banned'], 'range')}"
    if edge["waf"]:
        yield f"WAF: {edge['waf'].get('state') or 'unknown'}"


def rules_of(edge: Record) -> int:
    """Return how many rules the gatekeeper has, without the one for all other requests."""
    return sum(bool(rule["action"]) and rule["name"] != DEFAULT_RULE for rule in edge["rules"])


def _certificates(certificates: list[Record]) -> str:
    """Return the name of a certificate, or how many there are, and what ends first of them."""
    worst = min(certificates, key=_days)
    name = worst["name"] if len(certificates) == 1 else f"{len(certificates)} certs"
    return f"{name}, {lasting(worst)}"


def _days(certificate: Record) -> float:
    lasts = lasting(certificate)
    return -1.0 if lasts in ("unreadable", "placeholder") else float(certificate["days_left"])


def lasting(certificate: Record) -> str:
    """Return how long a certificate lasts: "89 days", "expired", "placeholder" or "unreadable"."""
    days = certificate["days_left"]
    if certificate["error"] or days is None:
        return "unreadable"
    if certificate["source"] == "placeholder":
        return "placeholder"
    return counted(int(days), "day") if days > 0 else "expired"


def counted(number: int, what: str) -> str:
    """Return a number of things in words: "1 rule", "2 rules"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
