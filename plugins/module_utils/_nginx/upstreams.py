# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write pools as upstreams, for the version of nginx that reads them. No Ansible, no I/O."""

from __future__ import annotations

import typing as t
from collections import Counter
from dataclasses import replace

from .checks import PoolError
from .pool import Listener, Pool
from .versions import SINCE, Version, has, show_version

METHOD_LINES = {
    "round_robin": "",
    "sticky": "",
    "least_conn": "least_conn;",
    "random": "random two least_conn;",
    "ip_hash": "ip_hash;",
    "hash": "hash {hash_key} consistent;",
}
CONTEXTS = {"http": "http", "tcp": "stream"}  # nginx's name for a listener's protocol

# How often nginx asks a live pool again for a request. It finds nobody if the members changed while
# it waited for one of them, and that can happen more than once.
AGAIN = 4

# nginx 1.30 takes up to 860 bytes of the zone for a member. Its page size is in the rest.
ZONE_KIB_PER_MEMBER = 2
LEAST_ZONE_KIB = 512


def refuse_unsupported(pool: Pool, protocol: str, version: Version) -> None:
    """Raise a PoolError if the protocol or this version of nginx lacks the pool's method."""
    if protocol == "tcp" and pool.method in ("ip_hash", "sticky"):
        raise PoolError(
            f"pool {pool.name}: method {pool.method} needs protocol http; a tcp listener sees"
            " no headers: use method hash with hash_key $remote_addr"
        )
    if pool.method == "sticky" and not has(version, "sticky"):
        raise PoolError(
            f"pool {pool.name}: method sticky needs nginx {show_version(SINCE['sticky'])} or newer;"
            f" the image has {show_version(version)}"
        )


class Writer(t.Protocol):
    """How the members of a pool are written, which differs by the way nginx learns of changes.

    idle is for how long nginx keeps an idle connection to a member open, as nginx writes times.
    asks_again tells that nginx may find nobody to ask while the members of the pool change, and
    finds somebody when it looks again.
    """

    idle: str
    asks_again: bool

    def lines(self, pool: Pool, protocol: str) -> list[str]:
        """Return the lines of an upstream but those about its connections.

        The pool has the weights and states that operators set.
        """

    def last_resort(self, pool: Pool) -> Pool | None:
        """Return the members to ask if nginx has none of the pool left to ask; None for none."""


class StaticWriter:
    """Members, weights and states stand in the file, and each change of them is a reload."""

    # This must be shorter than the application keeps idle connections open: nginx answers 502
    # to a request that it sends on a connection which the application is just closing.
    idle = "60s"
    asks_again = False

    def lines(self, pool: Pool, protocol: str) -> list[str]:
        """Return the lines of an upstream but those about its connections."""
        unequal = len({member.weight for member in pool.serving}) > 1
        method = method_lines(pool, unequal=unequal)
        return [zone_line(pool, protocol), *method, *_member_lines(pool, protocol), *sticky(pool)]

    def last_resort(self, pool: Pool) -> Pool | None:
        """Return the same pool if its members can count as failed."""
        return pool if pool.has_last_resort else None


STATIC = StaticWriter()


def render_upstream(pool: Pool, protocol: str, version: Version, writer: Writer = STATIC) -> str:
    """Return the upstream block of a pool, for a listener's protocol, http or tcp."""
    lines = writer.lines(pool, protocol)
    if protocol == "http" and pool.keepalive:
        lines += [f"keepalive {pool.keepalive};", f"keepalive_timeout {writer.idle};"]
    elif protocol == "http" and has(version, "keepalive_by_default"):
        lines.append("keepalive 0;")
    return f"upstream {pool.name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def zone_line(pool: Pool, protocol: str, room: int = 1) -> str:
    """Return the line of the memory that workers share; room is for how many times the members.

    Without a zone each worker balances on its own, and the shares of the members match their
    weights only roughly.
    """
    size = max(LEAST_ZONE_KIB, room * ZONE_KIB_PER_MEMBER * len(pool.members))
    return f"zone {CONTEXTS[protocol]}_{pool.name} {size}k;"


def method_lines(pool: Pool, *, unequal: bool) -> list[str]:
    """Return the line of the pool's method, if it has one; unequal tells of its weights."""
    # Of two members that are drawn nginx takes the one with fewer connections, whatever their
    # weights: 3:1 would give 24:76 while the members are idle.
    if pool.method == "random" and unequal:
        return ["random;"]
    return list(filter(None, [METHOD_LINES[pool.method].format(hash_key=pool.hash_key)]))


def sticky(pool: Pool) -> list[str]:
    """Return the line of the cookie in a pool of method sticky; it follows those of the members."""
    line = f"sticky cookie {pool.cookie} path=/ httponly samesite=lax;"
    return [line] if pool.method == "sticky" else []


def _member_lines(pool: Pool, protocol: str) -> list[str]:
    """Return how the members are written in the upstream.

    If one member alone serves, the others are comments, and it is no backup. nginx judges the
    server of an upstream with one server by no failure; a line with `down` beside it would make it
    two servers, and one refused connection would cost all clients `fail_timeout`.
    """
    alone = len(pool.serving) == 1
    peers = Counter(member.backup for member in pool.serving)
    lines = []
    for member in pool.members:
        judged = member.max_fails
        if judged is None:
            judged = int(protocol == "tcp" and peers[member.backup] > 1)
        backup = member.backup and not alone
        written = replace(member, max_fails=0 if alone else judged, backup=backup)
        drained = pool.keeps_sessions(member)
        comment = alone and not member.serves and not drained
        lines.append("# " * comment + written.render("drain" if drained else "down"))
    return lines


def render_last_resort(pool: Pool, version: Version) -> str:
    """Return the upstream that nginx asks if it has no member of the pool left to ask.

    It is the pool once more, with members that never count as failed (max_fails=0): nginx would
    answer 502 by itself for fail_timeout, and clients get the application's own answer instead.
    """
    members = tuple(replace(each, max_fails=0) for each in pool.members)
    return render_upstream(replace(pool, name=f"{pool.name}_any", members=members), "http", version)


def render_upstreams(
    pools: t.Iterable[Pool],
    listeners: t.Iterable[Listener],
    version: Version,
    writers: t.Mapping[str, Writer] | None = None,
) -> dict[str, str]:
    """Return the upstreams that the listeners use, as text by path in the release.

    writers are by pool, for pools that are not written statically. A pool has a file for each
    protocol of its listeners, such as upstreams/http-webapp.conf, and for http one with how it is
    asked again, upstreams/steps-webapp.conf, and, if it needs one, a last resort in
    upstreams/http-webapp-any.conf. A PoolError says what the version of nginx does not support.
    """
    by_name = {pool.name: pool for pool in pools}
    files = {}
    for protocol, name in sorted(
        {(each.protocol, pool) for each in listeners for pool in each.pools}
    ):
        pool, writer = by_name[name], (writers or {}).get(name, STATIC)
        refuse_unsupported(pool, protocol, version)
        path = f"upstreams/{CONTEXTS[protocol]}-{name}.conf"
        files[path] = render_upstream(pool, protocol, version, writer)
        if protocol == "tcp":
            continue
        last = writer.last_resort(pool)
        files[f"upstreams/steps-{name}.conf"] = render_steps(pool, writer, last=bool(last))
        if last:
            files[f"upstreams/http-{name}-any.conf"] = render_last_resort(last, version)
    return files


def _step(pool: Pool, writer: Writer, step: str, *, again: bool) -> list[str]:
    """Return the lines of a location that asks again, or the last resort."""
    nobody = pool.name.replace(".", r"\.") + "$"
    # nginx forgets that a GET may be asked of another member, if only one is left meanwhile.
    repeatable = "^(GET|HEAD) |" if writer.asks_again and pool.method in ("hash", "random") else ""
    return [
        f"location {step} {{",
        '    set $peerlb_asked "$request_method $upstream_addr";',
        f'    if ($peerlb_asked !~ "{repeatable}( |, | : ){nobody}") {{ return 502; }}',
        f"    proxy_pass http://{pool.name}{'' if again else '_any'};",
    ]


def render_steps(pool: Pool, writer: Writer, *, last: bool) -> str:
    """Return the named locations in which nginx asks a pool again; last tells of a last resort.

    A location that asks the pool leads to the first of them, which has the name of the pool, by
    `error_page 502 = @webapp;` and `recursive_error_pages on;`.

    nginx answers 502 by itself if it finds no member to ask. $upstream_addr then ends with the name
    of the pool, and no member has the request, or none that could not be asked again: a POST that
    was sent to a member is never followed by another attempt. In any other case a member had the
    request, and it must not be sent again.
    """
    names = [f"again_{number}" for number in range(1, AGAIN + 1)] if writer.asks_again else []
    steps = [f"@{pool.name}/{name}" for name in [*names, *(["last_resort"] if last else [])]]
    if not steps:
        return f"location @{pool.name} {{ return 502; }}\n"
    steps[0] = f"@{pool.name}"
    lines = []
    for number, step in enumerate(steps):
        lines += _step(pool, writer, step, again=number < len(names))
        if step != steps[-1]:
            # Without recursive_error_pages nginx takes one step more, and no further.
            lines += [f"    error_page 502 = {steps[number + 1]};", "    recursive_error_pages on;"]
        lines.append("}")
    return "\n".join([*lines, ""])
