# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write waf.conf: the firewall as nginx asks it, and the inner server that it asks.

No Ansible, no I/O.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._url_map.values import Rule, UrlMap
from .asking import RouteSettings, ask_lines
from .quoting import quoted
from .routes import JUMP
from .waf import OPEN, Waf
from .waf_asking import UPSTREAM, ask_name

WAF_FILE = "waf.conf"
# Shorter than the firewall keeps an idle connection open, which is 60 s.
IDLE = "50s"
# Ends of the headers X-Peerlb-… in which the outer location tells the inner server of a request.
TOLD = ("Ask", "Client", "Host", "Proto", "Port")


@dataclass(frozen=True)
class WafPorts:
    """Ports of loopback: of the firewall, of nginx's inner server, and of the firewall's own TLS.

    Nobody uses the last one, but the firewall's image opens it.
    """

    waf: int = 8091
    inner: int = 8092
    tls: int = 8093


def guarded_rules(url_map: UrlMap | None) -> list[Rule]:
    """Return the rules of a URL map whose requests are inspected."""
    hosts = url_map.hosts if url_map else ()
    every = [rule for host in hosts for rule in (*host.rules, host.default) if rule]
    return [rule for rule in every if rule.action.waf]


def render_waf(
    waf: Waf,
    ports: WafPorts,
    rules: t.Iterable[Rule],
    pools: t.Mapping[str, t.Mapping[str, t.Any]],
    unset: t.Iterable[str] = (),
) -> str:
    """Return waf.conf, which stands in nginx's context http.

    rules are those that are guarded; unset are variables that the log needs and that the outer
    servers alone set.
    """
    asks = {
        ask_name(pool, rule.action.timeout): (pool, rule.action.timeout)
        for rule in rules
        for pool, _weight in rule.action.pools
    }
    empty = [f'set {name} "";' for name in unset]
    server = _server(ports, asks, pools, empty)
    blocks = [_upstream(waf, ports), _verdicts(ports), server]
    return "\n".join(line for block in blocks for line in block) + "\n"


def _upstream(waf: Waf, ports: WafPorts) -> list[str]:
    backup = [f"    server 127.0.0.1:{ports.inner} backup;"] if waf.fail == OPEN else []
    return [
        f"upstream {UPSTREAM} {{",
        f"    zone http_{UPSTREAM} 64k;",
        f"    server 127.0.0.1:{ports.waf} max_fails=1 fail_timeout=2s;",
        *backup,
        "    keepalive 32;",
        f"    keepalive_timeout {IDLE};",
        "}",
    ]


def _verdicts(ports: WafPorts) -> list[str]:
    """Return the map that tells the log what the firewall did with a request.

    The inner server marks its answers, so what has no mark is the firewall's own answer.
    """
    asked = rf"(?:.*[ ,])?127\.0\.0\.1:{ports.waf}$"
    return [
        'map "$status:$upstream_http_x_peerlb_passed:$upstream_addr" $peerlb_waf_verdict {',
        '    default "";',
        f'    "~^(?:400|403|413)::{asked}" refused;',
        f'    "~^[0-9]+::{asked}" failed;',
        f'    "~^[0-9]+:1:{asked}" passed;',
        rf'    "~^[0-9]+:1:.*127\.0\.0\.1:{ports.inner}$" uninspected;',
        "}",
    ]


def _server(
    ports: WafPorts,
    asks: t.Mapping[str, tuple[str, str]],
    pools: t.Mapping[str, t.Mapping[str, t.Any]],
    empty: t.Sequence[str],
) -> list[str]:
    lines = [*_head(ports), *_headers(), *empty, *_choice()]
    names = dict.fromkeys(pool for pool, _timeout in asks.values())
    lines += [f"include upstreams/steps-{name}.conf;" for name in names]
    for name, (pool, timeout) in asks.items():
        # What answers slowly waits in the outer location.
        settings = RouteSettings(timeout=timeout, buffering=False)
        asked = ask_lines(pools[pool], settings=settings, looks=False)
        lines += [f"location {quoted('@ask/' + name)} {{", *(f"    {each}" for each in asked), "}"]
    return ["server {", *(f"    {line}" for line in lines), "}"]


def _head(ports: WafPorts) -> list[str]:
    """Return the lines by which a request is again what it was before the firewall had it.

    The firewall writes Host without its port, and headers of forwarding of its own. Only programs
    of this host reach the server, so that the outer location alone has written the headers.
    """
    return [
        f"listen 127.0.0.1:{ports.inner};",
        "server_name _;",
        "set_real_ip_from 127.0.0.1;",
        "real_ip_header X-Peerlb-Client;",
        "real_ip_recursive off;",
        "client_max_body_size 0;",
        "absolute_redirect off;",
        'set $peerlb_pool "";',
        'set $peerlb_route "";',
        'set $peerlb_websockets "1";',
        "error_page 502 = @$peerlb_pool;",
    ]


def _headers() -> list[str]:
    """Return the lines of what members are told, and of what nobody but nginx is."""
    return [
        "proxy_http_version 1.1;",
        "proxy_set_header Host $http_x_peerlb_host;",
        "proxy_set_header Connection $peerlb_connection;",
        "proxy_set_header Upgrade $peerlb_upgrade;",
        "proxy_set_header X-Forwarded-For $remote_addr;",
        "proxy_set_header X-Forwarded-Proto $http_x_peerlb_proto;",
        "proxy_set_header X-Forwarded-Port $http_x_peerlb_port;",
        "proxy_set_header X-Real-IP $remote_addr;",
        *(f'proxy_set_header X-Peerlb-{name} "";' for name in TOLD),
        "proxy_hide_header X-Peerlb-Passed;",
        'add_header X-Peerlb-Passed "1" always;',
    ]


def _choice() -> list[str]:
    """Return the location that leads a request to the one which asks its pool."""
    # There are named locations for what the outer locations ask, and for nothing else.
    return [
        "location / {",
        "    recursive_error_pages on;",
        f"    error_page {JUMP} = @ask/$http_x_peerlb_ask;",
        f"    return {JUMP};",
        "}",
    ]
