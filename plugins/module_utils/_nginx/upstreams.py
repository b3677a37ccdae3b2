# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write pools as upstreams, for the version of nginx that reads them. No Ansible, no I/O."""

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
CONTEXTS = {"http": "http", "tcp": "stream"}  # nginx's name for a listener's protocol

STICKY_SINCE = (1, 29, 6)


def parse_version(text: t.Any) -> Version:
    """Return a version of nginx as numbers: "1.29.6-alpine" gives (1, 29, 6).

    "1.30" gives (1, 30, 0), the least that such a tag can mean. A PoolError says that the text does
    not begin with a version.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str(text))
    if not match:
        raise PoolError(
            f"nginx version {text!r} is not a number such as 1.30;"
            " set nginx_lb_version where the image's tag does not tell it"
        )
    return tuple(int(part or 0) for part in match.groups())


def show_version(version: Version) -> str:
    """Return a version as text: (1, 29, 6) gives "1.29.6"."""
    return ".".join(str(part) for part in version)


def refuse_unsupported(pool: Pool, protocol: str, version: Version) -> None:
    """Raise a PoolError if the protocol or this version of nginx lacks the pool's method."""
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
    """Return the upstream block of a pool, for a listener's protocol, http or tcp."""
    method = METHOD_LINES[pool.method].format(hash_key=pool.hash_key)
    # Workers share what stands in a zone. Without one each worker balances on its own, and the
    # shares of the members match their weights only roughly.
    lines = [f"zone {CONTEXTS[protocol]}_{pool.name} 512k;"]
    lines += [method] if method else []
    lines += [member.render() for member in pool.members]
    if pool.method == "sticky":
        lines.append(f"sticky cookie {pool.cookie} path=/ httponly samesite=lax;")
    if protocol == "http" and pool.keepalive:
        # This must be shorter than the application keeps idle connections open: nginx answers 502
        # to a request that it sends on a connection which the application is just closing.
        lines += [f"keepalive {pool.keepalive};", "keepalive_timeout 60s;"]
    return _block(pool.name, lines)


def render_last_resort(pool: Pool) -> str:
    """Return the upstream that nginx asks once every member of the pool counts as failed.

    Answers such as 503 count as failures of a member (retry_on). When the database is down, all
    members answer 503 and all count as failed; nginx would then answer 502 by itself for
    fail_timeout. Members of this upstream never count as failed (max_fails=0), so clients get the
    application's own answer.
    """
    members = [replace(each, max_fails=0, backup=False) for each in pool.members if each.serves]
    zone = f"zone http_{pool.name}_any 512k;"
    return _block(f"{pool.name}_any", [zone, *(member.render() for member in members)])


def _block(name: str, lines: list[str]) -> str:
    return f"upstream {name} {{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def render_upstreams(
    pools: t.Iterable[Pool], listeners: t.Iterable[Listener], version: Version
) -> dict[str, str]:
    """Return the upstreams that the listeners use, as text by path in the release.

    A pool has a file for each protocol of its listeners, such as upstreams/http-webapp.conf, and
    for http a last resort in upstreams/http-webapp-any.conf. A PoolError says what the version of
    nginx does not support.
    """
    by_name = {pool.name: pool for pool in pools}
    files = {}
    for protocol, name in sorted({(each.protocol, each.pool) for each in listeners}):
        refuse_unsupported(by_name[name], protocol, version)
        path = f"upstreams/{CONTEXTS[protocol]}-{name}.conf"
        files[path] = render_upstream(by_name[name], protocol)
        # No last resort where a member has a limit: nginx would turn to it when all members are
        # full as well, and it counts connections by upstream, so that the limit would be doubled.
        if protocol == "http" and not by_name[name].limited:
            files[f"upstreams/http-{name}-any.conf"] = render_last_resort(by_name[name])
    return files
