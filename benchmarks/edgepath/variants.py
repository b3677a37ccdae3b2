# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product with and without each part of the edge, so that the part alone makes a difference."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, field

from datapath import peers, place, product

ROLE = place.ROOT / "roles/nginx_lb"
RANGES, ROUTES, BANS = 100_000, 1_000, 20_000
NONE, BEFORE = "nothing declared", "before the edge"
ONE_RANGE, ALL_RANGES = "gatekeeper, 1 range", f"gatekeeper, {RANGES:,} ranges"
ONE_ROUTE, ALL_ROUTES = "URL map, 1 route", f"URL map, {ROUTES:,} routes"
BANNED = f"{BANS:,} bans of others"
HOST, PATH = "shop.example", "/service-500/cart"
ASKED = 500  # the route of this path


@dataclass(frozen=True)
class Variant:
    """The product with some of the edge declared, and the addresses that are banned."""

    peer: peers.Peer
    flags: tuple[str, ...] = field(default=(), repr=False)


def everybody() -> dict[str, Variant]:
    """Return all variants by what they have, first the one without anything."""
    former = product.role_of(product.BEFORE_EDGE)
    found = {NONE: _variant(NONE, 8100)}
    if former:
        found[BEFORE] = Variant(peers.nginx(BEFORE, 8110, former))
    found[BANNED] = _variant(BANNED, 8120, flags=_flags())
    for number, (name, count) in enumerate(((ONE_RANGE, 1), (ALL_RANGES, RANGES))):
        found[name] = _variant(name, 8130 + 10 * number, nginx_lb_gatekeeper=gatekeeper(count))
    for number, (name, count) in enumerate(((ONE_ROUTE, 1), (ALL_ROUTES, ROUTES))):
        found[name] = _variant(name, 8150 + 10 * number, nginx_lb_url_map=url_map(count))
    return found


def _variant(name: str, port: int, flags: tuple[str, ...] = (), **settings: t.Any) -> Variant:
    return Variant(peers.nginx(name.replace(",", ""), port, ROLE, **settings), flags)


def _flags() -> tuple[str, ...]:
    """Return the addresses that are banned; no client of the benchmark has one of them."""
    first = int(ipaddress.IPv4Address("11.0.0.1"))
    return tuple(str(ipaddress.IPv4Address(first + 7 * number)) for number in range(BANS))


def ban(variant: Variant) -> None:
    """Make the flags of a variant's bans, if it has any, as the unit peerlb-guard makes them."""
    if not variant.flags:
        return
    from ansible_collections.peerlb.stack.plugins.module_utils._bans import flags

    store = peers.directory(variant.peer.name) / product.STORE
    store.mkdir(parents=True, exist_ok=True)
    banned = [ipaddress.IPv4Network(each) for each in variant.flags]
    flags.apply(store, flags.wanted(banned, {}))


def gatekeeper(count: int) -> dict[str, t.Any]:
    """Return a gatekeeper that denies so many ranges, none of which touches another."""
    first = int(ipaddress.IPv4Address("11.0.0.0"))
    ranges = [f"{ipaddress.IPv4Address(first + 512 * number)}/24" for number in range(count)]
    rule = {"name": "listed", "priority": 10, "match": {"lists": ["bad"]}, "action": "deny"}
    return {"lists": {"bad": {"ranges": ranges}}, "rules": [rule]}


def url_map(count: int, tests: int = 0) -> dict[str, t.Any]:
    """Return a URL map of so many prefixes, with tests of as many of them as are wanted."""
    first = min(ASKED, ROUTES - count)
    numbers = range(first, first + count)
    rules = [{"path": f"/service-{number}/*", "pool": "webapp"} for number in numbers]
    stored = [
        {"url": f"http://{HOST}/service-{number}/cart", "expect": {"pool": "webapp"}}
        for number in range(tests)
    ]
    return {"hosts": [{"names": [HOST], "rules": rules, "default": "webapp"}], "tests": stored}


def pool() -> dict[str, t.Any]:
    """Return the settings of the pool, as the role gets them."""
    from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Pool

    members = [{"name": "web1", "address": place.MEMBER_ADDRESSES[0], "port": 3000}]
    return Pool.parse({"name": "webapp", "members": members}).params()
