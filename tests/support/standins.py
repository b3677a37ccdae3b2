# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release with stand-ins in an nginx of this machine, in place of a container."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._balancer.standin_files import Places

from .nginx import Program


class ProgramRunner:
    """Start a program as the nginx of the copy in a directory, whose path has to be short."""

    def __init__(self, program: Program, place: Path) -> None:
        self._program, self.place = program, place
        self.places = Places(f"{place}/files", f"{place}/sockets", f"{place}/sockets")
        self.started = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, main: Path) -> None:
        """Start nginx."""
        self.started += 1
        log = f"{self.places.scratch}/error.log"
        self.process = subprocess.Popen(
            [*self._program.words, "-e", log, "-p", str(main.parent), "-c", str(main)],
            stderr=subprocess.DEVNULL,
        )

    def runs(self) -> bool:
        """Tell whether it runs still."""
        return bool(self.process) and self.process.poll() is None

    def stop(self) -> None:
        """End it."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)
        self.process = None


def edge_release(rules: str = "", **files: str) -> dict[str, str]:
    """Return the files of a release with listeners of http and https, in the form of the role's.

    rules are locations of shop.example; files take the place of those here, with "_" for "/" and a
    dot before "conf": map_conf is map.conf.
    """
    server = """
    server_name shop.example;
    include acme.conf; include live.conf; include guard/server.conf; include proxy.conf;
    include upstreams/steps-web.conf;
    error_page 502 = @$peerlb_pool;
"""
    text = f"""
server {{ listen 80 default_server reuseport backlog=4096; server_name _; return 421; }}
server {{ listen 443 ssl default_server reuseport backlog=4096; ssl_reject_handshake on; }}
server {{ listen 80; {server} return 308 https://$host$request_uri; }}
server {{
    listen 443 ssl; ssl_certificate /etc/nginx/peerlb/tls/shop/current/pair.pem;
    ssl_certificate_key /etc/nginx/peerlb/tls/shop/current/pair.pem;
    allow 203.0.113.0/24; deny all;
    set $peerlb_pool "web"; set $peerlb_route "";
    {server}
    {rules}
    location / {{
        set $peerlb_pool web; set $peerlb_route "shop.example /*";
        if ($peerlb_closed_web) {{ return 503; }} recursive_error_pages on; proxy_pass http://web;
    }}
}}
"""
    made = {
        "nginx.conf": "user nginx; worker_processes 4; pid /run/nginx.pid; error_log stderr;"
        " events { worker_connections 256; } http { include http.conf; } stream { }",
        "http.conf": """
access_log /var/log/peerlb/nginx/access.log; absolute_redirect off;
log_format peerlb escape=json '{"route":"$peerlb_route","rule":"$peerlb_rule"}';
proxy_temp_path /var/log/peerlb/nginx/answers; limit_conn_zone $binary_remote_addr zone=c:1m;
include tls.conf; include guard/http.conf; include map.conf;
include upstreams/http-*.conf; include servers.conf; include status.conf;
""",
        "tls.conf": "ssl_session_ticket_key /etc/nginx/peerlb/tls/tickets.key;",
        "map.conf": 'split_clients "$request_id" $peerlb_share_1 { 50% web; * api; }',
        "servers.conf": text,
        "proxy.conf": """
limit_conn c 1; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection "";
add_header X-Request-Id $request_id always; proxy_set_header X-Rule "$peerlb_rule";
""",
        "acme.conf": 'set $peerlb_exempt ""; location ^~ /.well-known/acme-challenge/ { root /x; }',
        "live.conf": "if (-f /etc/nginx/peerlb/live/bans/$remote_addr) { return 403; }"
        " include live-pools.conf;",
        "live-pools.conf": "set $peerlb_closed_web 1;",
        "guard/http.conf": "geo $peerlb_listed { default 1; }",
        "guard/server.conf": 'set $peerlb_rule "all"; if ($peerlb_listed) { return 403; }',
        "status.conf": "server { listen 127.0.0.1:8081; include release.conf; stub_status; }",
        "upstreams/http-web.conf": "upstream web { zone w 512k; resolver 127.0.0.1:8053;"
        " server web.peerlb service=http resolve; }",
        "upstreams/http-web-any.conf": "upstream web_any { server 10.1.0.2:3000; }",
        "upstreams/http-api.conf": "upstream api { server 10.1.0.9:3000; }",
        "upstreams/steps-web.conf": "location @web { proxy_pass http://web_any; }",
        "compose.yml": 'services:\n  nginx:\n    image: "nginx@sha256:aa" # nginx:1.30\n',
    }
    return {**made, **{name.replace("_", "."): text for name, text in files.items()}}
