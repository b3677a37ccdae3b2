# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write pools as nginx upstreams, for the version that will read them. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .checks import PoolError
from .pool import Listener, Pool

Version = tuple[int, ...]

METHOD_LINES = {
    "round_robin": "",
    "sticky": "",
    "least_conn": "least_conn;",
    "random": "random two least_conn;",
    "ip_hash": "ip_hash;",
    "hash": "hash {hash_key} consistent;",
}
CONTEXTS = {"http": "http", "tcp": "stream"}

STICKY_SINCE = (1, 29, 6)


def parse_version(text: t.Any) -> Version:
    """Read nginx's version; 1.30 counts as 1.30.0, the least that the tag can mean."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str(text))
    if not match:
        raise PoolError(
            f"nginx version {text!r} is not a number such as 1.30;"
            " set nginx_lb_version where the image's tag does not tell it"
        )
    return tuple(int(part or 0) for part in match.groups())


def show_version(version: Version) -> str:
    return ".".join(str(part) for part in version)


def refuse_impossible(pool: Pool, protocol: str, version: Version) -> None:
    """Refuse by name what this protocol or this nginx can not honour."""
    if protocol == "tcp" and pool.method in ("ip_hash", "sticky"):
        raise PoolError(
            f"pool {pool.name}: method {pool.method} needs protocol http; a tcp listener sees"
            " no headers: use method hash with hash_key $remote_addr"
        )
    if pool.method == "sticky" and version < STICKY_SINCE:
        raise PoolError(
            f"pool {pool.name}: method sticky needs nginx {show_version(STICKY_SINCE)} or newer;"
            f" the image has {show_version(version)}"
        )


def render_upstream(pool: Pool, protocol: str) -> str:
    """Return the upstream block of a pool for the http or the stream context."""
    method = METHOD_LINES[pool.method].format(hash_key=pool.hash_key)
    # Without a zone each worker balances on its own and weights are only roughly kept.
    lines = [f"zone {CONTEXTS[protocol]}_{pool.name} 512k;"]
    lines += [method] if method else []
    lines += [member.render() for member in pool.members]
    if pool.method == "sticky":
        lines.append(f"sticky cookie {pool.cookie} path=/ httponly samesite=lax;")
    if protocol == "http" and pool.keepalive:
        # Shorter than the application's own keep-alive, or a reused connection answers 502.
        lines += [f"keepalive {pool.keepalive};", "keepalive_timeout 60s;"]
    return _block(pool.name, lines)


def render_last_resort(pool: Pool) -> str:
    """Return the upstream that is asked once every member counts as failed.

    Answers such as 503 count as failures (retry_on), so that what all members lack, as a database,
    fails them all. nginx would then say 502 by itself for fail_timeout; this lets a member answer.
    Not where max_conns limits a member: nginx says the same when all are full, and connections of
    two upstreams are counted apart, so that each member would get twice as many.
    """
    members = [replace(each, max_fails=0, backup=False) for each in pool.members if each.serves]
    zone = f"zone http_{pool.name}_any 512k;"
    return _block(f"{pool.name}_any", [zone, *(member.render() for member in members)])


def _block(name: str, lines: list[str]) -> str:
    return f"upstream {name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def render_upstreams(
    pools: t.Iterable[Pool], listeners: t.Iterable[Listener], version: Version
) -> dict[str, str]:
    """Return one file for each pool and context that a listener uses, by path."""
    by_name = {pool.name: pool for pool in pools}
    files = {}
    for protocol, name in sorted({(each.protocol, each.pool) for each in listeners}):
        refuse_impossible(by_name[name], protocol, version)
        path = f"upstreams/{CONTEXTS[protocol]}-{name}.conf"
        files[path] = render_upstream(by_name[name], protocol)
        if protocol == "http" and not by_name[name].limited:
            files[f"upstreams/http-{name}-any.conf"] = render_last_resort(by_name[name])
    return files
