# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of the rendered configuration costs, in user-space instructions a request.

valgrind counts instructions exactly, so that no noise of the machine is in the figures: the product
is run once as it is and once without the line. The kernel's part is not counted.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

from . import peers, place

HTTP, HEADERS, PROXY, SERVERS = "http.conf", "headers.conf", "proxy.conf", "servers.conf"
Changes = list[tuple[str, str, str]]  # in this file, this pattern becomes that text
# A line or a group of lines, and the changes that take it out.
LINES: dict[str, Changes] = {
    "access log, 15 fields in JSON": [(HTTP, r"access_log [^\n]*peerlb[^\n]*", "access_log off;")],
    "of that, `escape=json`": [(HTTP, "escape=json", "escape=none")],
    "request id: map, headers, field of the log": [
        (PROXY, r"(proxy_set_header|proxy_hide_header|add_header) X-Request-Id[^\n]*\n", ""),
        (HTTP, r'"request_id":"\$peerlb_request_id",', ""),
    ],
    "of that, `proxy_hide_header` and `add_header`": [
        (PROXY, r"(proxy_hide_header|add_header) X-Request-Id[^\n]*\n", ""),
    ],
    "`X-Forwarded-For`, `-Proto`, `-Host`, `-Port`, `X-Real-IP`": [
        (PROXY, r"proxy_set_header X-(Forwarded-(For|Proto|Host|Port)|Real-IP) \$[^\n]*\n", ""),
    ],
    "`Host` with the client's port": [(PROXY, r"\$peerlb_host", "$host")],
    "`Upgrade` and `Connection` of WebSockets": [
        (PROXY, r"proxy_set_header Upgrade[^\n]*\n", 'proxy_set_header Upgrade "";\n'),
        (PROXY, r"\$peerlb_connection", '""'),
    ],
    "limit of large bodies": [(PROXY, r"limit_conn peerlb_bodies[^\n]*\n", "")],
    "limit of connections of a client": [(PROXY, r"limit_conn peerlb_clients[^\n]*\n", "")],
    "bans and maintenance": [
        (SERVERS, r"include live[^\n]*\n", ""),
        (SERVERS, r"if \(\$peerlb_closed_[^\n]*\n", ""),
    ],
    "25 headers that are cleared": [(PROXY, r'proxy_set_header [A-Za-z0-9-]* "";\n', "")],
    "`proxy_next_upstream`": [(SERVERS, r"proxy_next_upstream [^\n]*\n", "")],
    "buffers for answers": [(HTTP, "server_tokens off;", "proxy_buffering off;")],
    "time limits and resets of slow clients": [
        (HTTP, r"(client_header_timeout|client_body_timeout|send_timeout|reset_tim)[^\n]*\n", ""),
    ],
    "`zone` of the upstream": [("upstreams/http-webapp.conf", r"zone [^\n]*\n", "")],
    "random `$request_id` instead of our id": [
        (HEADERS, r'"[^"\n]*-\$pid-[^"\n]*"', "$request_id")
    ],
}
REQUESTS, CONNECTIONS = 2000, 16


def asking(host: str, path: str) -> str:
    """Return a request as it goes to a balancer."""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"


ASK = asking(place.ADDRESS, "/")


def table() -> list[str]:
    """Return the lines of a table: what each of LINES adds to the instructions of a request."""
    lines = ["| line | instructions a request | of all |", "|---|---|---|"]
    with peers.members():
        start = instructions(_changed([]), 0)
        whole = (instructions(_changed([])) - start) / REQUESTS
        lines.append(f"| all, as rendered | {whole:,.0f} | 100 % |")
        for name, changes in LINES.items():
            price = whole - (instructions(_changed(changes)) - start) / REQUESTS
            lines.append(f"| {name} | {price:,.0f} | {100 * price / whole:.1f} % |")
    return lines


def _changed(changes: Changes) -> peers.Peer:
    peer = peers.nginx("priced", 8090, place.ROOT / "roles/nginx_lb")
    for name, pattern, text in changes:
        changed, count = re.subn(pattern, text, peer.files[name])
        if not count:
            raise SystemExit(f"{name} has no {pattern}")
        peer.files[name] = changed
    return peer


def for_a_request(
    peer: peers.Peer, request: str, prepare: t.Callable[[], None] = lambda: None
) -> float:
    """Return the instructions of the http nginx of a peer for each of its requests."""
    start, end = (instructions(peer, count, request, prepare) for count in (0, REQUESTS))
    return (end - start) / REQUESTS


def instructions(
    peer: peers.Peer,
    requests: int = REQUESTS,
    request: str = ASK,
    prepare: t.Callable[[], None] = lambda: None,
) -> float:
    """Return the instructions of the http nginx of a peer from its start to its end.

    prepare is called once the files of the peer are there.
    """
    shutil.rmtree(peers.directory(peer.name))
    home = peers.written(peer)
    prepare()
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={home / 'counted'}"]
    words += [each.replace("off;", "off; master_process off;") for each in peer.commands[0]]
    command = place.inside(place.BALANCER, "taskset", "-c", "0", *words)
    with subprocess.Popen(command, cwd=home, stderr=subprocess.PIPE) as process:
        _send(peer.http, requests, request)
        process.send_signal(signal.SIGTERM)
        told = process.communicate()[1].decode()
    return float(re.findall(r"Collected : (\d+)", told)[0])


def _send(port: int, requests: int, request: str) -> None:
    """Send requests from the client's namespace, by a process of its own."""
    code = f"from datapath import prices; prices.send({port}, {requests}, {request!r})"
    command = place.inside(place.CLIENT, "taskset", "-c", "1", "python3", "-c", code)
    subprocess.run(command, cwd=Path(__file__).resolve().parents[1], check=True)


def send(port: int, requests: int, request: str) -> None:
    """Wait until somebody listens, and send requests in rounds of one on each connection."""
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection((place.ADDRESS, port)).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    with contextlib.ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection((place.ADDRESS, port)))
            for _each in range(CONNECTIONS)
        ]
        for _round in range(requests // CONNECTIONS):
            for each in sockets:
                each.sendall(request.encode())
            for each in sockets:
                answer = each.recv(65536)
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(answer.decode(errors="replace"))
