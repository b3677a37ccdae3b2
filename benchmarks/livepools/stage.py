# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx, the unit's name server and members, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.engine import DnsWriter
from ansible_collections.peerlb.stack.plugins.module_utils._live.dns.teller import DnsTeller
from ansible_collections.peerlb.stack.plugins.module_utils._live.shares import Share
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import render_upstreams
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import parse_version
from datapath import place

sys.path.insert(0, str(place.ROOT / "tests"))

from support.nginx import Program, free_port, programs, serving

CORES = (0, 1)  # the balancer's, and that of wrk and the members
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
# Of the role's servers.conf and stream.conf what touches who is asked.
HTTP_SERVER = """\
server {{
    listen {address} reuseport backlog=4096;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_connect_timeout {pool.connect_timeout};
    proxy_next_upstream {retry_on};
    proxy_next_upstream_tries 4;
    include upstreams/steps-{pool.name}.conf;
    error_page 502 = @{pool.name};
    location / {{ recursive_error_pages on; proxy_pass http://{pool.name}; }}
}}
"""
STREAM_SERVER = """\
server {{
    listen {address} reuseport backlog=4096;
    proxy_pass {pool.name};
    proxy_connect_timeout {pool.connect_timeout};
    proxy_timeout {pool.idle_timeout};
    proxy_next_upstream on;
    proxy_next_upstream_tries 3;
}}
"""
CONF = """\
{module}
daemon off;
worker_processes {workers};
worker_rlimit_nofile 16384;
user root;
pid {home}/pid;
error_log {home}/error.log warn;
events {{ worker_connections 8192; }}
http {{
    {temporary}
    keepalive_requests 100000000;
    {http}
    access_log {log};
    include upstreams/http-*.conf;
}}
stream {{
    {stream}
    include upstreams/stream-*.conf;
}}
"""


@dataclass
class Nginx:
    """An nginx in a directory of its own; pools are served at addresses such as 127.0.0.1:8000.

    http and stream are lines for these blocks, and log is the access log of http. unit_port is 0
    where the pools are static.
    """

    home: Path
    workers: int
    pools: dict[str, Pool] = field(default_factory=dict)
    tcp_pools: dict[str, Pool] = field(default_factory=dict)
    unit_port: int = 0
    http: str = ""
    log: str = "off"
    stream: str = ""
    core: int | None = None

    def _write(self, program: Program) -> Path:
        """Write the configuration and return its path."""
        protocols = (("http", self.pools), ("tcp", self.tcp_pools))
        listeners = [
            Listener.parse({"port": 1, "pool": pool.name, "protocol": protocol}, [pool.name])
            for protocol, pools in protocols
            for pool in pools.values()
        ]
        every = {pool.name: pool for _protocol, pools in protocols for pool in pools.values()}
        writers = {name: DnsWriter(pool, self.unit_port) for name, pool in every.items()}
        version = parse_version(program.version)
        used = writers if self.unit_port else None
        (self.home / "upstreams").mkdir(parents=True)
        for name, text in render_upstreams(every.values(), listeners, version, used).items():
            (self.home / name).write_text(text)
        text = CONF.format(
            module=program.stream_module,
            workers=self.workers,
            home=self.home,
            temporary="".join(f"{name}_temp_path {self.home}/{name};" for name in TEMPORARY),
            log=self.log,
            http=self.http + _servers(HTTP_SERVER, self.pools),
            stream=self.stream + _servers(STREAM_SERVER, self.tcp_pools),
        )
        (self.home / "nginx.conf").write_text(text)
        return self.home / "nginx.conf"

    @contextlib.contextmanager
    def running(self, address: str) -> t.Iterator[int]:
        """Run until the end of the block, which begins when 127.0.0.1:port accepts connections.

        Yield the id of the master process.
        """
        program = programs()[-1]
        words = () if self.core is None else ("taskset", "-c", str(self.core))
        pinned = Program(program.version, (*words, *program.words), program.stream_module)
        with serving(pinned, self._write(program), int(address.rpartition(":")[2])):
            while not (pid := _text(self.home / "pid")):  # nginx listens before it writes this file
                time.sleep(0.02)
            yield int(pid)

    def errors(self) -> list[str]:
        """Return the lines of the error log."""
        return (self.home / "error.log").read_text().splitlines()


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _servers(template: str, pools: t.Mapping[str, Pool]) -> str:
    return "".join(
        template.format(address=address, pool=pool, retry_on=" ".join(pool.retry_on))
        for address, pool in pools.items()
    )


class Unit:
    """The name server of the unit, in a thread with a loop of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.loop = asyncio.new_event_loop()
        self._teller = DnsTeller(self.port)
        self._told: dict[str, float] = {}
        self.changes = self.taken = 0

    @contextlib.contextmanager
    def running(self) -> t.Iterator[Unit]:
        """Answer nginx until the end of the block."""
        thread = threading.Thread(target=self.loop.run_forever)
        thread.start()
        try:
            self.do(self._teller.start())
            yield self
        finally:
            self.do(self._end())
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()

    async def _end(self) -> None:
        await self._teller.stop()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def do(self, work: t.Coroutine[t.Any, t.Any, t.Any]) -> t.Any:
        """Return what a coroutine returns in the unit's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def tell(self, serving: t.Mapping[str, t.Sequence[Share]]) -> None:
        """Tell anew who serves in all pools, after counting which pools took the last word."""
        self.count()
        self._teller.tell(serving)
        self._told = dict.fromkeys(serving, time.monotonic())
        self.changes += len(serving)

    def forget(self) -> None:
        """Count changes from now on."""
        self._told = {}
        self.changes = self.taken = 0

    def count(self) -> None:
        """Count for how many pools nginx has asked since they were told anew."""
        for (_protocol, pool), at in self._teller.taken().items():
            if at > self._told.get(pool, at):
                self.taken += 1
                del self._told[pool]


def pool(name: str, members: t.Sequence[str], **settings: t.Any) -> Pool:
    """Return a pool with members such as "127.1.0.1:3000", named m1, m2 and so on."""
    entries = [
        {"name": f"m{number}", "address": host, "port": int(port)}
        for number, (host, _colon, port) in enumerate((m.partition(":") for m in members), 1)
    ]
    return Pool.parse({"name": name, "members": entries, **settings})


def shares(members: t.Sequence[str], weights: t.Sequence[int]) -> list[Share]:
    """Return members such as "127.1.0.1:3000" with weights; one of weight 0 is left out."""
    split = (member.partition(":") for member in members)
    return [
        Share(host, host, int(port), weight)
        for (host, _colon, port), weight in zip(split, weights)
        if weight
    ]


def wrk(*words: str | Path) -> str:
    """Return what wrk prints, on the core of the members."""
    command = ["taskset", "-c", str(CORES[1]), "wrk", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}")
    return done.stdout


def say(what: str, figure: str) -> None:
    """Print a figure after what it is of."""
    print(f"{what:<52} {figure}", flush=True)
