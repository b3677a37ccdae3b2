# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator changes of bans and maintenance, and the words for it. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from .._values.addresses import IPv4Network
from .entries import OPERATOR, Ban, BanError, shown_range, utc
from .maintenance import ALL, Maintenance
from .protected import Protected
from .truth import Truth

NEAR = 60.0  # seconds: who says "for an hour" twice in a minute wants the same ban

Note = t.Mapping[str, t.Any]  # who changes it, when and why


def ban(
    truth: Truth,
    ranges: t.Sequence[IPv4Network],
    until: float | None,
    note: Note,
    protected: Protected,
) -> Truth:
    """Return what is wanted with these ranges banned until then; None is for ever.

    A BanError names every range that must not be banned.
    """
    problems = [
        f"{shown_range(each)} must not be banned: {why}"
        for each in ranges
        if (why := protected.why_not(each))
    ]
    if problems:
        raise BanError("; ".join(problems))
    fresh = [Ban(str(each), until, **_words(note)) for each in ranges]
    fresh = [each for each in fresh if not any(_same(each, other) for other in truth.bans)]
    if not fresh:
        return truth
    kept = [each for each in truth.bans if each.range not in {ban.range for ban in fresh}]
    lines = [
        {**note, "change": f"{each.shown} is banned until {utc(each.until)}"} for each in fresh
    ]
    return replace(truth, bans=(*kept, *fresh), ban_changes=(*truth.ban_changes, *lines))


def _same(ban_: Ban, other: Ban) -> bool:
    """Tell whether two bans are of the same range, by operators, and end at about the same time."""
    if ban_.range != other.range or other.source != OPERATOR:
        return False
    if ban_.until is None or other.until is None:
        return ban_.until is other.until
    return abs(ban_.until - other.until) < NEAR


def lift(truth: Truth, ranges: t.Sequence[IPv4Network], note: Note) -> Truth:
    """Return what is wanted without the bans of these ranges.

    A range that is not banned is left alone. A BanError says that one stays banned nevertheless.
    """
    names = {str(each) for each in ranges}
    gone = [each for each in truth.bans if each.range in names]
    kept = tuple(each for each in truth.bans if each.range not in names)
    left = replace(truth, bans=kept)
    problems = [why for each in ranges if (why := _still_banned(left, each))]
    if problems:
        raise BanError("; ".join(problems))
    if not gone:
        return truth
    lines = [{**note, "change": f"{each.shown} is banned no more"} for each in gone]
    return replace(left, ban_changes=(*truth.ban_changes, *lines))


def _still_banned(truth: Truth, network: IPv4Network) -> str:
    """Return why a range stays banned; "" if it does not."""
    for each in truth.bans:
        if each.network.overlaps(network):
            return (
                f"{shown_range(network)} stays banned, by {each.sentence()}: unblock {each.shown}"
            )
    for path, entries in truth.lists.items():
        for text in entries:
            if IPv4Network(text).overlaps(network):
                return (
                    f"{shown_range(network)} stays banned, by the list {path}: take {text} out of"
                    " it, or name it in nginx_lb_never_banned"
                )
    return ""


def close(truth: Truth, pool: str, wanted: Maintenance, note: Note) -> Truth:
    """Return what is wanted with a pool, or ALL, in maintenance."""
    if wanted.means(truth.maintenance.get(pool)):
        return truth
    signed = Maintenance(wanted.retry_after, wanted.allow, **_words(note))
    line = {**note, "change": f"{_what(pool)} is in maintenance"}
    return replace(
        truth,
        maintenance={**truth.maintenance, pool: signed},
        maintenance_changes=(*truth.maintenance_changes, line),
    )


def open_again(truth: Truth, pool: str, note: Note) -> Truth:
    """Return what is wanted with a pool in maintenance no more; ALL ends every maintenance."""
    kept = {name: each for name, each in truth.maintenance.items() if pool not in (name, ALL)}
    if kept == truth.maintenance:
        return truth
    line = {**note, "change": f"{_what(pool)} is in maintenance no more"}
    changes = (*truth.maintenance_changes, line)
    return replace(truth, maintenance=kept, maintenance_changes=changes)


def _what(pool: str) -> str:
    return "all that is served" if pool == ALL else f"pool {pool}"


def _words(note: Note) -> dict[str, str]:
    return {name: str(note.get(name) or "") for name in ("by", "login", "at", "reason")}


def ban_lines(truth: Truth) -> list[str]:
    """Return a sentence for each ban that operators and rules have set."""
    return [each.sentence() for each in sorted(truth.bans, key=lambda ban_: ban_.network)]


def maintenance_lines(truth: Truth) -> list[str]:
    """Return a sentence for each pool in maintenance."""
    return [each.sentence(pool) for pool, each in sorted(truth.maintenance.items())]
