# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what people declare of the edge, and compare its parts. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._live.engine import RELOAD
from ...module_utils._nginx.pool import Listener
from ...module_utils._nginx.versions import parse_version
from .._url_map.reading import read_url_map
from .certificates import Certificate
from .names import covering
from .servers import Edge, render_servers
from .tls import CLIENT_CA_FILE, Tls, read_tls


class EdgeError(ValueError):
    """What is wrong with the edge, one line for each entry at fault."""


def read_edge(settings: t.Mapping[str, t.Any]) -> Edge:
    """Return the edge that the settings describe.

    settings: `listeners` and `pools` as the module nginx_release takes them, `version` of nginx,
    `engine` of the pools, `server_names`, `certificates` with name, names and source, and as they
    were declared `tls`, `url_map` and `gatekeeper`. Raises an EdgeError.
    """
    problems: list[str] = []
    pools = {pool["name"]: pool for pool in settings["pools"]}
    every = [Listener.parse(entry, pools) for entry in settings["listeners"]]
    asked = {name: pools[name] for each in every if each.protocol == "http" for name in each.pools}

    def part(read: t.Callable[..., t.Any], name: str, *more: t.Any) -> t.Any:
        """Return a part of the declaration; None if it is not declared, or is refused."""
        try:
            return read(settings[name], *more) if settings.get(name) else None
        except ValueError as exc:
            problems.extend(str(exc).splitlines())
            return None

    certificates = [
        Certificate(each["name"], tuple(each["names"]), each["source"])
        for each in settings.get("certificates") or ()
    ]
    edge = Edge(
        listeners=tuple(each for each in every if each.protocol == "http"),
        pools=asked,
        version=parse_version(settings["version"]),
        server_names=tuple(settings.get("server_names") or ()),
        certificates=tuple(certificates),
        tls=part(read_tls, "tls", certificates) or Tls(),
        url_map=part(read_url_map, "url_map", asked),
        live=settings.get("engine", RELOAD.name) != RELOAD.name,
    )
    problems = problems or _contradictions(edge)
    if problems:
        raise EdgeError("\n".join(problems))
    return edge


def _contradictions(edge: Edge) -> list[str]:
    """Return what parts of the declaration say against each other."""
    known, secure = edge.names_of_certificates, edge.secure_port()
    found = []
    if secure and not known:
        found.append(f"listener {secure}: it is https, and peerlb_certificates declares none")
    if known and not secure:
        found.append(
            "peerlb_certificates: no flow of protocol https leads to the load balancers, as"
            " {from: any, to: nginx_lb, port: 443, protocol: https} would"
        )
    if edge.challenges and all(each.tls for each in edge.listeners):
        found.append(
            "peerlb_certificates: a CA asks by http for certificates of source acme, and no flow of"
            " protocol http leads to the load balancers"
        )
    hosts = edge.url_map.hosts if edge.url_map and secure else ()
    return found + [
        f"peerlb_url_map: no certificate covers {name}, so that it is served by http alone: add it"
        " to peerlb_certificates"
        for name in (name for rules in hosts for name in rules.names)
        if known and covering(known, name) is None
    ]


def edge_files(edge: Edge) -> dict[str, str]:
    """Return the files of nginx's release that follow from the edge, as text by path."""
    client_ca = {CLIENT_CA_FILE: edge.tls.client_ca} if edge.tls.client_ca else {}
    return {"servers.conf": render_servers(edge), **client_ca}
