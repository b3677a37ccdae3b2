# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write servers.conf: a server for each listener, and the names and certificate of a request.

No Ansible, no I/O.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ...module_utils._nginx.pool import Listener
from ...module_utils._nginx.versions import Version, has, show_version
from .._guard.limits import limited
from .._guard.values import Gatekeeper
from .._url_map.values import Host, UrlMap
from .actions import counted_line
from .asking import ask_lines
from .certificates import Certificate
from .closing import look_lines
from .names import covering
from .routes import Rendered, render_host
from .tls import REFUSE, Tls, client_lines, pair_path, tls_http_lines
from .waf import Waf
from .waf_asking import UPSTREAM
from .waf_nginx import WAF_FILE, WafPorts

BACKLOG = "reuseport backlog=4096"
HTTP, HTTPS = 80, 443
ANSWER = "peerlb_answer"  # the location of a server that gives one answer to all requests


@dataclass(frozen=True)
class Edge:
    """All that the servers of a load balancer are made of.

    listeners are those of protocol http. server_names are those of a load balancer without a URL
    map; () serves any name. waf inspects the requests of the routes that say so. live tells whether
    changes of members are no reloads. balancers is how many load balancers share the requests, and
    peers are the addresses of the others, at any of which a challenge may arrive.
    """

    listeners: tuple[Listener, ...]
    pools: t.Mapping[str, t.Mapping[str, t.Any]]
    version: Version
    server_names: tuple[str, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    tls: Tls = field(default_factory=Tls)
    url_map: UrlMap | None = None
    gatekeeper: Gatekeeper | None = None
    waf: Waf | None = None
    waf_ports: WafPorts = field(default_factory=WafPorts)
    live: bool = True
    balancers: int = 1
    peers: tuple[str, ...] = ()

    @property
    def names_of_certificates(self) -> dict[str, tuple[str, ...]]:
        """The names that each certificate covers, by the certificate's own name."""
        return {each.name: each.names for each in self.certificates}

    @property
    def http2(self) -> bool:
        """Whether clients may speak HTTP/2.

        A reload tells such a client to go away, and a request on its way is then lost unless the
        client asks again. So the default depends on how rare reloads are.
        """
        wanted = self.live if self.tls.http2 is None else self.tls.http2
        return wanted and has(self.version, "http2_directive")

    @property
    def challenges(self) -> bool:
        """Whether a CA asks for challenges of ACME."""
        return any(each.source == "acme" for each in self.certificates)

    @property
    def counts(self) -> bool:
        """Whether the gatekeeper has rates, in effect or as previews, so that answers count."""
        return self.gatekeeper is not None and bool(limited(self.gatekeeper))

    def challenged_port(self) -> int | None:
        """Return the port at which a CA asks for challenges: 80 if there is a choice."""
        ports = [each.port for each in self.listeners if not each.tls]
        return HTTP if HTTP in ports else next(iter(ports), None)

    def secure_port(self) -> int | None:
        """Return the port of the first listener with TLS, to which others may redirect."""
        return next((each.port for each in self.listeners if each.tls), None)


@dataclass(frozen=True)
class Site:
    """The requests that one server answers: by these names, with this certificate and these rules.

    names () are any others. certificate is None where clients do not begin with TLS.
    """

    names: tuple[str, ...]
    rules: Host | None = None
    certificate: str | None = None


def sites(edge: Edge, listener: Listener) -> list[Site]:
    """Return the sites of a listener.

    With TLS there is one for each certificate and each entry of the URL map that meet. A name that
    no certificate covers is in none.
    """
    hosts = edge.url_map.hosts if edge.url_map else ()
    rest = next((rules for rules in hosts if not rules.names), None)
    if listener.tls:
        return _secure_sites(edge, hosts, rest)
    found = [Site(rules.names, rules) for rules in hosts if rules.names]
    return found if found and not rest else [*found, Site(edge.server_names, rest)]


def _secure_sites(edge: Edge, hosts: t.Sequence[Host], rest: Host | None) -> list[Site]:
    known = edge.names_of_certificates
    named = {name: rules for rules in hosts for name in rules.names}
    others = dict.fromkeys(name for names in known.values() for name in names)
    groups: dict[tuple[str, Host | None], list[str]] = {}
    # Names that a URL map does not know are served only if it has an entry for any other.
    for name in {**(others if rest or not hosts else {}), **named}:
        certificate = covering(known, name)
        if certificate is not None:
            groups.setdefault((certificate, named.get(name, rest)), []).append(name)
    found = [Site(tuple(names), rules, key) for (key, rules), names in groups.items()]
    fallback = edge.tls.unknown_names
    return found if fallback == REFUSE else [Site((), rest, fallback), *found]


def render_servers(edge: Edge) -> str:
    """Return servers.conf, which stands in nginx's context http."""
    maps: dict[Host, Rendered] = {}
    blocks = []
    for number, listener in enumerate(edge.listeners, 1):
        blocks += _admission(listener, number)
        own = sites(edge, listener)
        if all(site.names for site in own):
            blocks.append(_refusing(listener))
        for site in own:
            if site.rules and edge.url_map and site.rules not in maps:
                maps[site.rules] = render_host(
                    edge.url_map, site.rules, edge.pools, counted=edge.counts
                )
            blocks.append(_block(listener, site, _site(edge, listener, number, site, maps)))
    head = "".join(f"{line}\n" for line in _common(edge))
    return head + "".join(each.http for each in maps.values()) + "\n".join(blocks)


def _common(edge: Edge) -> list[str]:
    """Return what holds for all servers."""
    version = show_version(edge.version)
    lines = tls_http_lines(edge.tls, version).splitlines() if edge.secure_port() else []
    lines += [f"include {WAF_FILE};"] if edge.waf else []
    return [*lines, *(["include guard/http.conf;"] if edge.gatekeeper else [])]


def _admission(listener: Listener, number: int) -> list[str]:
    """Return the ranges that a listener admits."""
    if not listener.allow:
        return []
    # A trusted proxy is admitted by its own address and not by that of its client. "allow" would
    # not do: without rates, redirects and fixed answers are given before nginx looks at it.
    ranges = "".join(f"    {each} 1;\n" for each in listener.allow)
    return [f"geo $realip_remote_addr $peerlb_admitted_{number} {{\n    default 0;\n{ranges}}}\n"]


def _listen(listener: Listener, *, default: bool) -> str:
    words = [f"{listener.address}:{listener.port}" if listener.address else str(listener.port)]
    words += ["ssl"] if listener.tls else []
    words += ["default_server", BACKLOG] if default else []
    return f"listen {' '.join(words)};"


def _refusing(listener: Listener) -> str:
    """Return the server for names that are not declared."""
    # Without a handshake there is no answer, and no certificate that fits none of the names.
    last = "ssl_reject_handshake on;" if listener.tls else "return 421;"
    return _text([_listen(listener, default=True), "server_name _;", last])


def _block(listener: Listener, site: Site, lines: list[str]) -> str:
    listen = _listen(listener, default=not site.names)
    return _text([listen, f"server_name {' '.join(site.names) or '_'};", *lines])


def _text(lines: t.Iterable[str]) -> str:
    inner = "".join(f"    {line}\n" if line else "\n" for line in lines)
    return f"server {{\n{inner}}}\n"


def _site(
    edge: Edge,
    listener: Listener,
    number: int,
    site: Site,
    maps: t.Mapping[Host, Rendered],
) -> list[str]:
    """Return the lines of a server below its names."""
    lines = _secure_lines(edge, site)
    # A variable that nothing sets is empty, and each line that sets one costs every request.
    if edge.challenges and not listener.tls:
        lines.append("include acme.conf;")
    elif edge.gatekeeper:
        lines.append('set $peerlb_exempt "";')
    if site.rules:
        lines += [f'set $peerlb_pool "{listener.pool}";', 'set $peerlb_route "";']
    if listener.allow:
        lines.append(f"if ($peerlb_admitted_{number} = 0) {{ return 403; }}")
    lines += ["include guard/server.conf;"] if edge.gatekeeper else []
    # It comes last because it ends this phase of a request while there is nobody to refuse.
    live = ["include live.conf;"]
    port = edge.secure_port()
    if not listener.tls and port and redirects(edge, site):
        return [*lines, *_answering(edge, _redirect(port)), *live]
    if edge.url_map and not site.rules:
        # Clients without a declared name have a certificate here, and the URL map has no such host.
        return [*lines, *_answering(edge, "return 421;"), *live]
    live += [] if site.rules else look_lines(listener.pool)
    return [*lines, *_asking(edge, listener, site, maps), *live]


def redirects(edge: Edge, site: Site) -> bool:
    """Tell whether a site without TLS leads to TLS: it does if one of its names is served there."""
    known = edge.names_of_certificates
    certified = not site.names or any(covering(known, name) for name in site.names)
    return edge.tls.redirect and certified


def _redirect(port: int) -> str:
    """Return the line that leads to the same address by TLS, with the path and the query."""
    place = "$host" if port == HTTPS else f"$host:{port}"
    return f"return 308 https://{place}$request_uri;"


def _answering(edge: Edge, line: str) -> list[str]:
    """Return the locations of a server that answers all requests by one line."""
    if not edge.counts:
        return [f"location / {{ {line} }}"]
    return [f"location / {{ {counted_line(ANSWER)} }}", f"location @{ANSWER} {{ {line} }}"]


def _secure_lines(edge: Edge, site: Site) -> list[str]:
    if site.certificate is None:
        return []
    pair = pair_path(site.certificate)
    lines = [f"ssl_certificate {pair};", f"ssl_certificate_key {pair};"]
    if has(edge.version, "http2_directive"):
        lines.append(f"http2 {'on' if edge.http2 else 'off'};")
    if edge.tls.hsts:
        words = f"max-age={edge.tls.hsts.max_age}"
        words += "; includeSubDomains" if edge.tls.hsts.include_subdomains else ""
        lines.append(f'add_header Strict-Transport-Security "{words}" always;')
    return lines


def _asking(
    edge: Edge, listener: Listener, site: Site, maps: t.Mapping[Host, Rendered]
) -> list[str]:
    """Return the lines by which a server asks pools."""
    told = client_lines(edge.tls, listener.tls) if edge.secure_port() else []
    steps = [f"include upstreams/steps-{name}.conf;" for name in listener.pools]
    # Where a web application firewall fails, nobody else is asked.
    steps += [f"location @{UPSTREAM} {{ return 502; }}"] if edge.waf else []
    first = "$peerlb_pool" if site.rules else listener.pool
    # Not inside of the locations, where it would take the place of all error pages of the server.
    lines = ["include proxy.conf;", *told, *steps, f"error_page 502 = @{first};"]
    if site.rules:
        return [*lines, "absolute_redirect off;", *maps[site.rules].server.splitlines()]
    asked = ask_lines(edge.pools[listener.pool], looks=False)
    return [*lines, "location / {", *(f"    {line}" for line in asked), "}"]
