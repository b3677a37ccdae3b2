# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared for a load balancer, beside what was read of it, as a value to explain with."""

from __future__ import annotations

import typing as t

from .balancer import Balancer, Record, Served, balancer_of
from .guarding import guard_of
from .routing import router_of

FILES = "gatekeeper_files"


def declared_balancer(name: str, info: Record, declared: Record) -> Balancer:
    """Return a load balancer from what nginx_release_info told, and from variables by name.

    declared are those that are set of peerlb_certificates, peerlb_tls, peerlb_url_map,
    peerlb_gatekeeper and nginx_lb_server_names, and under FILES the text of each file of ranges
    that the gatekeeper names. A ValueError names what is wrong in them.
    """
    tls: Record = declared.get("peerlb_tls") or {}
    pools = [pool["name"] for pool in info.get("pools") or ()]
    # It refuses a map that is wrong, before its names are looked for.
    router = router_of(declared.get("peerlb_url_map"), pools)
    return balancer_of(
        name,
        info,
        certificates=_certificates(declared.get("peerlb_certificates") or (), info),
        server_names=tuple(declared.get("nginx_lb_server_names") or ()),
        names_of_map=_names(declared.get("peerlb_url_map") or {}),
        redirects=bool(tls.get("redirect", True)),
        guard=guard_of(declared.get("peerlb_gatekeeper"), declared.get(FILES)),
        router=router,
        unknown_names=str(tls.get("unknown_names") or "refuse"),
    )


def _names(url_map: Record) -> tuple[str, ...]:
    return tuple(name for host in url_map.get("hosts") or () for name in host.get("names") or ())


def _certificates(declared: t.Iterable[Record], info: Record) -> tuple[Served, ...]:
    """Return the certificates that the load balancer serves, or those that are declared.

    It tells the names that are in them, and how many days are left.
    """
    read = [each for each in info.get("certificates") or () if each.get("used", True)]
    return tuple(
        Served(each["name"], tuple(each.get("names") or ()), each.get("days_left"))
        for each in read or declared
    )
