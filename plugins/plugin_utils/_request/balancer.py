# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of one load balancer, and what is declared for it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .decisions import Guard, Router

Record = t.Mapping[str, t.Any]  # plain data, as a module returned it
REFUSE = "refuse"


@dataclass(frozen=True)
class Served:
    """A certificate: for which names, and in how many days it ends; None if nobody has read it."""

    name: str
    names: tuple[str, ...]
    days_left: float | None = None

    def covers(self, host: str) -> bool:
        """Tell whether one of the names is the host's: *.shop.example covers one name below it."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


@dataclass(frozen=True)
class Balancer:
    """One load balancer.

    listeners, pools, health and overrides are as nginx_release_info returns them. server_names are
    those that are served, () for all. redirects tells whether http is sent to https. unknown_names
    is "refuse", or the name of a certificate. banned is how many ranges are banned, and bans are
    those of them that hold the client, with range, until, by and reason; maintenance is by pool,
    "all" for all. names_of_map are the names in the URL map, which knows no server_names.
    """

    name: str
    listeners: tuple[Record, ...] = ()
    pools: Record = field(default_factory=dict)
    health: Record = field(default_factory=dict)
    overrides: Record = field(default_factory=dict)
    certificates: tuple[Served, ...] = ()
    server_names: tuple[str, ...] = ()
    names_of_map: tuple[str, ...] = ()
    redirects: bool = False
    unknown_names: str = REFUSE
    banned: int = 0
    bans: tuple[Record, ...] = ()
    maintenance: Record = field(default_factory=dict)
    router: Router | None = None
    guard: Guard | None = None

    def certificate_for(self, host: str) -> Served | None:
        """Return the certificate that nginx takes for a name: an exact one before a wildcard."""
        exact = [each for each in self.certificates if host in each.names]
        wild = [each for each in self.certificates if each.covers(host)]
        default = [each for each in self.certificates if each.name == self.unknown_names]
        return next(iter([*exact, *wild, *default]), None)

    def is_served(self, host: str) -> bool:
        """Tell whether a name is declared, in the URL map or, without one, as a server's name."""
        names = self.names_of_map or self.server_names
        return any(
            host.endswith(each[1:]) if each.startswith("*.") else host == each for each in names
        )


def balancer_of(name: str, info: Record, **declared: t.Any) -> Balancer:
    """Return a load balancer from what nginx_release_info told, and what is declared besides."""
    of_client: Record = info.get("client") or {}
    return Balancer(
        name,
        tuple(info.get("listeners") or ()),
        {pool["name"]: pool for pool in info.get("pools") or ()},
        info.get("health") or {},
        info.get("overrides") or {},
        banned=int((info.get("guard") or {}).get("banned") or 0),
        bans=tuple(of_client.get("bans") or ()),
        maintenance=of_client.get("maintenance") or {},
        **declared,
    )
