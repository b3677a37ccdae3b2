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


def render_upstream(pool: Pool, protocol: str, version: Version) -> str:
    """Return the upstream block of a pool, for a listener's protocol, http or tcp."""
    # Workers share what stands in a zone. Without one each worker balances on its own, and the
    # shares of the members match their weights only roughly.
    size = max(LEAST_ZONE_KIB, ZONE_KIB_PER_MEMBER * len(pool.members))
    lines = [f"zone {CONTEXTS[protocol]}_{pool.name} {size}k;"]
    lines += _method_lines(pool)
    lines += _member_lines(pool, protocol)
    if pool.method == "sticky":
        lines.append(f"sticky cookie {pool.cookie} path=/ httponly samesite=lax;")
    if protocol == "http" and pool.keepalive:
        # This must be shorter than the application keeps idle connections open: nginx answers 502
        # to a request that it sends on a connection which the application is just closing.
        lines += [f"keepalive {pool.keepalive};", "keepalive_timeout 60s;"]
    elif protocol == "http" and has(version, "keepalive_by_default"):
        lines.append("keepalive 0;")
    return f"upstream {pool.name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _method_lines(pool: Pool) -> list[str]:
    """Return the line of the pool's method, if it has one."""
    # Of two members that are drawn nginx takes the one with fewer connections, whatever their
    # weights: 3:1 would give 24:76 while the members are idle.
    if pool.method == "random" and len({member.weight for member in pool.serving}) > 1:
        return ["random;"]
    return list(filter(None, [METHOD_LINES[pool.method].format(hash_key=pool.hash_key)]))


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
    """Return the upstream that nginx asks once every member of the pool counts as failed.

    It is the pool once more, with members that never count as failed (max_fails=0): nginx would
    answer 502 by itself for fail_timeout, and clients get the application's own answer instead.
    """
    members = tuple(replace(each, max_fails=0) for each in pool.members)
    return render_upstream(replace(pool, name=f"{pool.name}_any", members=members), "http", version)


def render_upstreams(
    pools: t.Iterable[Pool], listeners: t.Iterable[Listener], version: Version
) -> dict[str, str]:
    """Return the upstreams that the listeners use, as text by path in the release.

    A pool has a file for each protocol of its listeners, such as upstreams/http-webapp.conf, and
    for http, if it needs one, a last resort in upstreams/http-webapp-any.conf. A PoolError says
    what the version of nginx does not support.
    """
    by_name = {pool.name: pool for pool in pools}
    files = {}
    for protocol, name in sorted({(each.protocol, each.pool) for each in listeners}):
        refuse_unsupported(by_name[name], protocol, version)
        path = f"upstreams/{CONTEXTS[protocol]}-{name}.conf"
        files[path] = render_upstream(by_name[name], protocol, version)
        if protocol == "http" and by_name[name].has_last_resort:
            files[f"upstreams/http-{name}-any.conf"] = render_last_resort(by_name[name], version)
    return files
