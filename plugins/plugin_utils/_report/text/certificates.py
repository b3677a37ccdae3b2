# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences about certificates, from what nginx_release_info returned."""

from __future__ import annotations

import typing as t

Info = t.Mapping[str, t.Any]  # what nginx_release_info returned
LEAST = 0.1  # of its lifetime has to be left, unless a number of days is given
PLACEHOLDER = "placeholder"


def certificate_lines(info: Info) -> list[str]:
    """Return a line for each certificate, how long it lasts, and how its last renewal went.

    ["certificate shop (acme): shop.example; serial 0A1B of CN=R11; 60.2 days left, until
    2027-02-26T10:15:00Z; last renewal 2027-01-01T10:00:00Z: issued"]
    """
    return [_line(each) for each in info.get("certificates") or ()]


def certificate_problems(info: Info, days: float | None = None) -> list[str]:
    """Return a sentence for each certificate in service that is over, or soon will be.

    days: how many have to be left at least; None takes a tenth of the lifetime of each.
    """
    served = (each for each in info.get("certificates") or () if each["used"])
    return [problem for each in served for problem in _problems(each, days)]


def _line(each: Info) -> str:
    start = f"certificate {each['name']}"
    if each["error"]:
        return f"{start}: {each['error']}"
    use = "" if each["used"] else "; no listener uses it"
    return (
        f"{start} ({each['source']}): {', '.join(each['names'])}; serial {each['serial']} of"
        f" {each['issuer']}; {_left(each)}, until {each['ends']}{_attempt(each)}{use}"
    )


def _left(each: Info) -> str:
    left = each["days_left"]
    return f"{left:.1f} days left" if left > 0 else "EXPIRED"


def _attempt(each: Info) -> str:
    last = each["last_attempt"]
    if not last:
        return ""
    told = ": ".join(filter(None, [last.get("result"), last.get("message")]))
    return f"; last renewal {last.get('attempted', 'at an unknown time')}: {told}"


def _problems(each: Info, days: float | None) -> t.Iterator[str]:
    start = f"certificate {each['name']}"
    if each["error"]:
        yield f"{start}: {each['error']}; run the playbook nginx_lb"
        return
    least = each["lifetime_days"] * LEAST if days is None else days
    if each["source"] == PLACEHOLDER:
        yield f"{start}: no CA has issued it yet, so clients see a placeholder{_attempt(each)}"
    elif each["days_left"] <= 0:
        yield f"{start} EXPIRED at {each['ends']}{_attempt(each)}"
    elif each["days_left"] < least:
        yield (
            f"{start} ends at {each['ends']}: {each['days_left']:.1f} days are left, fewer than"
            f" {least:.1f}{_attempt(each)}"
        )
