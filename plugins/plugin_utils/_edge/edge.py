# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what people declare of the edge, and compare its parts. No Ansible, no I/O."""

from __future__ import annotations

import functools
import json
import typing as t
from dataclasses import replace

from ...module_utils._live.engine import RELOAD
from ...module_utils._nginx.pool import Listener
from ...module_utils._nginx.versions import parse_version
from ...module_utils._values.entries import is_list
from .._guard.reading import read_gatekeeper
from .._guard.rendering import bans, render
from .._guard.values import Gatekeeper
from .._url_map.reading import read_url_map
from .acme import acme_lines
from .certificates import Certificate
from .closing import POOLS_FILE, pools_text
from .endless import endless
from .names import covering
from .servers import Edge, render_servers
from .tls import CLIENT_CA_FILE, read_tls
from .waf import read_waf
from .waf_parts import read_ports, waf_contradictions, waf_files


class EdgeError(ValueError):
    """What is wrong with the edge, one line for each entry at fault."""


def read_edge(settings: t.Mapping[str, t.Any]) -> Edge:
    """Return the edge that the settings describe.

    settings: `listeners` and `pools` as the module nginx_release takes them, `version` of nginx,
    `engine` of the pools, `server_names`, `peers` (addresses of the other load balancers),
    `certificates` with name, names and source, and as they were declared `tls`, `url_map`,
    `gatekeeper`, `waf` and `waf_ports`. `lists` is the text of each file that lists of the
    gatekeeper name; `status_port` and `pool_port` are the role's. Raises an EdgeError.
    """
    pools = {pool["name"]: pool for pool in settings["pools"]}
    listeners = [Listener.parse(entry, pools) for entry in settings["listeners"]]
    asked = [each for each in listeners if each.protocol == "http"]
    edge = Edge(
        listeners=tuple(asked),
        pools={name: pools[name] for each in asked for name in each.pools},
        version=parse_version(settings["version"]),
        server_names=_texts(settings.get("server_names")),
        certificates=_certificates(settings.get("certificates") or ()),
        peers=tuple(settings.get("peers") or ()),
        live=settings.get("engine", RELOAD.name) != RELOAD.name,
        balancers=max(1, int(settings.get("balancers") or 1)),
    )
    parts: dict[str, t.Callable[[t.Any], t.Any]] = {
        "tls": functools.partial(read_tls, certificates=edge.certificates),
        "url_map": functools.partial(read_url_map, pools=edge.pools),
        "gatekeeper": functools.partial(read_gatekeeper, files=settings.get("lists")),
        "waf": read_waf,
        "waf_ports": read_ports,
    }
    edge, problems = _with_parts(edge, settings, parts)
    if found := problems or _contradictions(edge, _taken(settings, listeners)):
        raise EdgeError("\n".join(found))
    return edge


def _taken(settings: t.Mapping[str, t.Any], listeners: t.Iterable[Listener]) -> dict[int, str]:
    """Return what has which port: the listeners of tcp too, and what the role says besides."""
    own = {"status_port": "nginx_lb_status_port", "pool_port": "nginx_lb_pool_port"}
    ports = {int(settings[key]): name for key, name in own.items() if settings.get(key)}
    return {**ports, **{each.port: "a listener" for each in listeners}}


def _texts(value: t.Any) -> tuple[str, ...]:
    """Return the texts of a list; another value is refused where variables of roles are judged."""
    return tuple(map(str, value)) if is_list(value) else ()


def _certificates(entries: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[Certificate, ...]:
    return tuple(
        Certificate(each["name"], tuple(each["names"]), each["source"]) for each in entries
    )


def _with_parts(
    edge: Edge,
    settings: t.Mapping[str, t.Any],
    parts: t.Mapping[str, t.Callable[[t.Any], t.Any]],
) -> tuple[Edge, list[str]]:
    """Return the edge with the parts that are declared, and what is wrong with any of them."""
    problems: list[str] = []
    for name, read in parts.items():
        # The role's {} is as good as none. Nobody means [] or false, and the role would refuse it.
        if settings.get(name) is None or settings[name] == {}:
            continue
        try:
            edge = replace(edge, **{name: read(settings[name])})
        except ValueError as exc:
            problems += str(exc).splitlines()
    return edge, problems


def _contradictions(edge: Edge, taken: t.Mapping[int, str]) -> list[str]:
    """Return what parts of the declaration say against each other; taken is by port."""
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
    found += waf_contradictions(edge, taken)
    found += endless(edge, edge.url_map) if edge.url_map else []
    hosts = edge.url_map.hosts if edge.url_map and secure else ()
    return found + [
        f"peerlb_url_map: no certificate covers {name}, so that it is served by http alone: add it"
        " to peerlb_certificates"
        for name in (name for rules in hosts for name in rules.names)
        if known and covering(known, name) is None
    ]


def edge_files(edge: Edge, waf_image: str = "") -> dict[str, str]:
    """Return the files of nginx's release that follow from the edge, as text by path.

    waf_image is the image of the web application firewall.
    """
    waf = waf_files(edge, waf_image)
    guard = _guard_files(edge.gatekeeper, edge.balancers) if edge.gatekeeper else {}
    client_ca = {CLIENT_CA_FILE: edge.tls.client_ca} if edge.tls.client_ca else {}
    closed = {POOLS_FILE: pools_text(edge.pools)}
    return {
        "servers.conf": render_servers(edge),
        **closed,
        **guard,
        **client_ca,
        **_acme(edge),
        **waf,
    }


def _guard_files(gatekeeper: Gatekeeper, balancers: int) -> dict[str, str]:
    """Return the files of the gatekeeper; the unit peerlb-guard reads how long each rule bans."""
    seconds = json.dumps(bans(gatekeeper), sort_keys=True)
    return {**render(gatekeeper, balancers), "guard/bans.json": f"{seconds}\n"}


def _acme(edge: Edge) -> dict[str, str]:
    """Return what answers the challenges of a CA, if one is asked for certificates."""
    if not edge.challenges:
        return {}
    port = edge.challenged_port()
    peers = [f"[{each}]:{port}" if ":" in each else f"{each}:{port}" for each in edge.peers]
    return {"acme.conf": acme_lines(peers)}
