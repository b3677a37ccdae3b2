# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The half of the engine dns that writes an upstream: nginx asks by SRV records who serves."""

from __future__ import annotations

from ..._nginx.pool import Member, Pool
from ..._nginx.upstreams import method_lines, sticky, zone_line
from ..._nginx.versions import SINCE, Version, has, show_version
from .codec import DOMAIN, MOST_MEMBERS, label_of

NO_BACKUP = ("hash", "random")  # nginx allows no backup with these methods


class DnsWriter:
    """How an upstream is written for this engine.

    declared is the pool as the inventory has it, and port that of the unit, on 127.0.0.1. What
    operators set does not stand in the lines. Only who drains in a sticky pool does: nginx has to
    know that member to serve the clients that hold its cookie.
    """

    # Whoever drains a member waits until nginx has closed its idle connections to it.
    idle = "5s"
    # While who serves is being exchanged, nginx answers 502 to what it was about to pass on:
    # nginx#1656.
    asks_again = True

    def __init__(self, declared: Pool, port: int) -> None:
        """Take the pool of the inventory, and the port of the unit."""
        self._declared = declared
        self._port = port

    def refuses(self, version: Version) -> str:
        """Return why nginx cannot follow the members of the pool by this engine; "" if it can."""
        pool, members = self._declared, self._declared.members
        if not has(version, "resolve"):
            needed, present = show_version(SINCE["resolve"]), show_version(version)
            return f"nginx {needed} or newer is needed; the image has {present}"
        if len(members) == 1:
            return "the pool has one member"
        if len(members) > MOST_MEMBERS:
            return f"the pool has {len(members)} members, and at most {MOST_MEMBERS} can be told"
        if pool.method == "ip_hash":
            return "with ip_hash, each change of a member would move the clients of the others"
        if len({(m.max_conns, m.max_fails, m.fail_timeout) for m in members}) > 1:
            return "max_conns, max_fails and fail_timeout differ between its members"
        return ""

    def lines(self, pool: Pool, protocol: str) -> list[str]:
        """Return the lines of the upstream but those about its connections."""
        declared = self._declared
        # nginx needs room for the former members beside the new ones.
        lines = [zone_line(declared, protocol, room=3), *method_lines(declared, unequal=True)]
        # Without a `valid`, the lifetimes of the answers count: who serves is asked each second,
        # and the address of a member once an hour. The default for resolver_timeout is 30 s, and
        # nginx would stand still for so long after an answer that was lost.
        lines += [f"resolver 127.0.0.1:{self._port} ipv6=off;", "resolver_timeout 1s;"]
        name = f"{label_of(declared.name)}.{DOMAIN}"
        settings = " ".join(_settings(declared, protocol))
        lines.append(f"server {name} service={protocol} resolve {settings};")
        lines += _spares(declared, protocol)
        drained = [member for member in pool.members if pool.keeps_sessions(member)]
        lines += [f"server {_place(m)} drain;  # {m.name}" for m in drained]
        return [*lines, *sticky(declared)]

    def last_resort(self, _pool: Pool) -> Pool | None:
        """Return the inventory's members, whom nginx asks if it has heard of none yet.

        There is nobody to ask where members have a limit, which would be doubled.
        """
        limited = any(member.max_conns for member in self._declared.members)
        return None if limited or self._declared.health.writes else self._declared


def fallback(pool: Pool) -> list[Member]:
    """Return whom a tcp listener asks while nobody answers the questions of a nginx that starts.

    There is nobody in a pool whose members are asked for their role, because a member that takes no
    writes is worse than none; nor where the members have a limit, which would be doubled; nor with
    methods that allow no backup.
    """
    limited = any(member.max_conns for member in pool.members)
    if pool.health.writes or limited or pool.method in NO_BACKUP:
        return []
    return [member for member in pool.members if member.serves and not member.backup]


def _spares(pool: Pool, protocol: str) -> list[str]:
    """Return the lines of servers that nginx asks for none of its own accord.

    A pool of http has none but one that is down: nginx takes a pool of which one member is left for
    one that always had one, and then does not ask it for what had been sent to another member.
    """
    if pool.method in NO_BACKUP:
        return []
    spares = fallback(pool) if protocol == "tcp" else []
    lines = [f"server {_place(m)} backup;  # {m.name}" for m in spares]
    return lines or ["server 127.0.0.1:9 backup down;  # so that no member is alone"]


def _settings(pool: Pool, protocol: str) -> list[str]:
    """Return what the line of the members says of each of them."""
    member = pool.members[0]
    judged = member.max_fails
    if judged is None:
        # Where nobody could stand in for the last member, nginx would refuse clients for a while.
        judged = int(protocol == "tcp" and (bool(fallback(pool)) or pool.method in NO_BACKUP))
    limit = [f"max_conns={member.max_conns}"] if member.max_conns else []
    return [*limit, f"max_fails={judged}", f"fail_timeout={member.fail_timeout}"]


def _place(member: Member) -> str:
    return f"{member.address}:{member.port} max_fails=0"
