# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentences about the health of pools, from what nginx_release_info returned."""

from __future__ import annotations

import typing as t

from ....module_utils._live.report import STALE_SECONDS, UNIT

Info = t.Mapping[str, t.Any]  # what nginx_release_info returned
SERVES_ALL = "PANIC: less than half of the weight is good, so all members serve"


def health_lines(info: Info) -> list[str]:
    """Return how the unit does, how nginx follows each pool, and each member that is not well.

    ["pool webapp follows without a reload; nginx asked 0.4 s ago",
    "pool webapp, member web2: bad since 2026-01-01T10:00:00Z (answers 503)"]
    """
    lines = unit_problems(info)
    for name, pool in (info.get("health") or {}).items():
        lines.append(_late(info, name) or _follows(info, name))
        lines += [*_panic(info, name), *_unwell(info, name, pool["members"])]
    return lines


def health_problems(info: Info) -> list[str]:
    """Return a sentence for each thing that is not well, and that no operator asked for.

    A pool that leads to the one member that takes writes is well as long as it has a good one: the
    others are bad by design.
    """
    problems = unit_problems(info)
    for pool in info.get("pools") or ():
        name, members = pool["name"], _members(info, pool["name"])
        late = _late(info, name)
        asked_for = [each["name"] for each in pool["members"] if serves(each)]
        watched = {each: members[each] for each in asked_for if each in members}
        if (pool.get("health") or {}).get("writes"):
            found = any(each["state"] == "good" for each in watched.values())
            watched = {} if found else watched
        problems += [*filter(None, [late]), *_panic(info, name)]
        problems += _unwell(info, name, watched, flapping=False)
    return problems


def unit_problems(info: Info) -> list[str]:
    """Return what is wrong with the unit, and what to do; [] if the release has none."""
    unit = info.get("unit") or {}
    if not unit:
        return []
    if not _alive(info):
        ago = unit["seconds_ago"]
        since = "" if ago is None else f" since {ago:g} s"
        return [
            f"{UNIT} IS DEAD{since}: nginx goes on with the members that it knows, and nobody"
            f" watches them. Run: systemctl status {UNIT}"
        ]
    return [f"{UNIT} HAS AN ERROR: {each}. Run: journalctl -u {UNIT}" for each in unit["errors"]]


def serves(member: Info) -> bool:
    """Tell whether the inventory and the operators want a member to serve."""
    return member["state"] == "up" and member["weight"] > 0


def health_word(info: Info, pool: str, member: str) -> str:
    """Return the state of a member in one word: "good", "bad,flaps", "unknown"; "" if not told."""
    told = ((info.get("health") or {}).get(pool) or {"members": {}})["members"].get(member)
    if not told:
        return ""
    return (told["state"] if _alive(info) else "unknown") + (",flaps" if told["flaps"] else "")


def _alive(info: Info) -> bool:
    return bool((info.get("unit") or {}).get("alive"))


def _members(info: Info, pool: str) -> dict[str, t.Any]:
    """Return the members of a pool as the unit sees them; {} if it is dead."""
    entry = (info.get("health") or {}).get(pool) if _alive(info) else None
    return entry["members"] if entry else {}


def _asked(info: Info, pool: str) -> dict[str, float | None]:
    """Return how long ago nginx asked for a live pool, by the protocol of the listeners."""
    entry = (info.get("health") or {}).get(pool) or {"engine": "reload"}
    if entry["engine"] == "reload" or not _alive(info):
        return {}
    protocols = [
        each["protocol"]
        for each in info["listeners"]
        if pool in (each["pool"], *each.get("routes", ()))
    ]
    return {protocol: entry["asked_seconds_ago"].get(protocol) for protocol in protocols}


def _late(info: Info, pool: str) -> str:
    """Return that nginx does not ask for a live pool; "" if it does."""
    for ago in _asked(info, pool).values():
        if ago is None:
            return f"pool {pool}: nginx HAS NEVER ASKED who serves: docker logs peerlb-nginx"
        if ago > STALE_SECONDS:
            return (
                f"pool {pool}: nginx HAS NOT ASKED for {ago:g} s who serves, so no change takes"
                " effect: docker logs peerlb-nginx"
            )
    return ""


def _follows(info: Info, pool: str) -> str:
    entry, asked = info["health"][pool], [each or 0 for each in _asked(info, pool).values()]
    if entry["engine"] == "reload":
        why = entry["why_reload"]
        return f"pool {pool}: each change is a reload" + (f", as {why}" if why else "")
    ago = f"; nginx asked {max(asked):g} s ago" if asked else ""
    return f"pool {pool} follows without a reload{ago}"


def _panic(info: Info, pool: str) -> list[str]:
    return [f"pool {pool}: {SERVES_ALL}"] if _alive(info) and info["health"][pool]["panic"] else []


def _unwell(
    info: Info, pool: str, members: t.Mapping[str, t.Any], *, flapping: bool = True
) -> list[str]:
    """Return since when and why members are bad; with flapping, also which good ones flap."""
    lines = []
    for name, told in members.items() if _alive(info) else ():
        if told["state"] == "bad" or (flapping and told["flaps"]):
            why = f" ({told['why']})" if told["state"] == "bad" and told["why"] else ""
            flaps = "; it FLAPS" if told["flaps"] else ""
            since = f" since {told['since']}" if told["since"] else ""
            lines.append(f"pool {pool}, member {name}: {told['state']}{since}{why}{flaps}")
    return lines
