# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real nginx asks members that speak TLS, and refuses those whose certificate does not fit."""

from __future__ import annotations

import http.client
import threading
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import render_upstreams
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import parse_version
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.asking import ask_lines
from ansible_collections.peerlb.stack.plugins.plugin_utils._edge.closing import closed_variable
from support.nginx import Backend, _Handler, _Server, free_port, programs, serving, write_conf
from support.tls import SignedPair

NAME = "shop.internal"
PAIR, OTHER = SignedPair.make([NAME]), SignedPair.make([NAME])
POLICIES = {
    "verified": {"name": NAME, "ca": PAIR.certificate},
    "misnamed": {"name": "other.internal", "ca": PAIR.certificate},
    "untrusted": {"name": NAME, "ca": OTHER.certificate},
    "unverified": {"verify": False},
}
HTTP = """\
    access_log off;
    include upstreams/http-*.conf;
{variables}
    server {{
        listen 127.0.0.1:{port};
        error_page 502 = @$peerlb_pool;
{locations}
    }}
"""


@dataclass
class Asked:
    """An nginx at a port; names are those for which it asked the member in the handshake."""

    port: int
    names: list[str | None] = field(default_factory=list)

    def get(self, pool: str) -> int:
        """Return the status with which nginx answers a request to a pool."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", f"/{pool}")
        try:
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(params=programs(), ids=[each.version for each in programs()])
def nginx(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Asked]:
    """Serve a pool for each policy, all of them over one member."""
    program, member = request.param, Backend("web1")
    pools = [
        Pool.parse({"name": name, "members": [member.entry()], "tls": tls})
        for name, tls in POLICIES.items()
    ]
    listeners = [Listener(80, pool.name) for pool in pools]
    files = render_upstreams(pools, listeners, parse_version(program.version))
    locations = []
    for pool in pools:
        lines = " ".join(ask_lines(pool.params()))
        locations.append(f"location /{pool.name} {{ {lines} }}")
        locations.append(f"include upstreams/steps-{pool.name}.conf;")
    variables = "".join(f'map "" {closed_variable(name)} {{ default ""; }}\n' for name in POLICIES)
    port = free_port()
    http = HTTP.format(port=port, locations="\n".join(locations), variables=variables)
    conf = write_conf(tmp_path, http)
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content)
    asked = Asked(port)
    with _Server(("127.0.0.1", member.port), _Handler) as server:
        server.member = member
        context = PAIR.context(tmp_path)
        context.sni_callback = lambda _tls, name, _context: asked.names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            with serving(program, conf, port):
                yield asked
        finally:
            server.shutdown()
            thread.join()


def test_each_pool_keeps_to_its_own_policy(nginx) -> None:
    wanted = {"verified": 200, "unverified": 200, "misnamed": 502, "untrusted": 502}
    # A session that one pool has made must not let another one skip what it verifies.
    for _turn in range(3):
        assert {name: nginx.get(name) for name in wanted} == wanted
    assert set(nginx.names) == {NAME, "other.internal", None}
