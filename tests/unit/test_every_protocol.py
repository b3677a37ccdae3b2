# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each protocol of a flow is known in every layer, so that no layer forgets the next one."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.peerlb.stack.lab.plan import make_plan
from ansible_collections.peerlb.stack.plugins.module_utils._live import probes
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.pool import Listener, Pool
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.upstreams import render_upstreams
from ansible_collections.peerlb.stack.plugins.module_utils._nginx.versions import NEWEST
from ansible_collections.peerlb.stack.plugins.module_utils._probe.conversations import CONVERSATIONS
from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology
from ansible_collections.peerlb.stack.plugins.module_utils._values.protocols import PROTOCOLS
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.application import requests_of
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import probe_targets
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.pools import listeners, pools
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.explain import explanations
from ansible_collections.peerlb.stack.plugins.plugin_utils._explain.questions import questions
from ansible_collections.peerlb.stack.plugins.plugin_utils._firewall import firewall_rules
from ansible_collections.peerlb.stack.plugins.plugin_utils._preview.changes import desired
from ansible_collections.peerlb.stack.plugins.plugin_utils._proof.proof import prove
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.report import (
    verification_report,
)
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.page.page import report_html
from ansible_collections.peerlb.stack.plugins.plugin_utils._stack import STACK
from support import ROOT

BASE = [("webapp", "nginx_lb", 3306, "mysql"), ("nginx_lb", "mysql", 3306, "mysql")]
IN, OUT = 7001, 7002  # the ports of the flow to the load balancer, and of the one behind it
HOSTS = {
    "lb1": ("nginx_lb", "10.0.0.2"),
    "web1": ("webapp", "10.1.0.2"),
    "db1": ("mysql", "10.2.0.2"),
    "new1": ("new", "10.2.0.7"),
    "client": ("clients", "203.0.113.10"),
}
CERTIFICATE = {"name": "a", "names": ["shop.example"], "source": "own_ca"}
VARIABLES = {"lb1": {"peerlb_certificates": [CERTIFICATE]}}
PORTS = [{"port": IN, "pool": "new"}, {"port": 3306, "pool": "mysql"}]


def declared(protocol: str) -> tuple[Topology, list[dict[str, t.Any]]]:
    """Return a stack with a listener and a pool of a protocol, and the settings of the pool."""
    flows = [*BASE, ("nginx_lb", "webapp", 3000, "http")]
    flows += [("any", "nginx_lb", IN, protocol), ("nginx_lb", "new", OUT, protocol)]
    keys = ("from", "to", "port", "protocol")
    networks = {"vpc-lb": "10.0.0.0/16", "vpc-web": "10.1.0.0/16", "vpc-db": "10.2.0.0/16"}
    groups: dict[str, list[str]] = {"all": list(HOSTS)}
    for name, (group, _address) in HOSTS.items():
        groups.setdefault(group, []).append(name)
    topology = read_topology(
        {
            "networks": [{"name": name, "cidrs": [cidr]} for name, cidr in networks.items()],
            "peerings": [["vpc-lb", "vpc-web"], ["vpc-lb", "vpc-db"]],
            "flows": [dict(zip(keys, flow)) for flow in flows],
            "management": [{"from": "35.235.240.0/20", "port": 22}],
        },
        groups,
        {name: {"ansible_host": address} for name, (_group, address) in HOSTS.items()},
    )
    tls = {"tls": {"verify": False}} if PROTOCOLS[protocol].tls else {}
    return topology, [{"name": "new", **tls}]


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return request.param


def test_model_and_proof(protocol: str) -> None:
    topology, settings = declared(protocol)
    assert topology.protocol("lb1", IN) == topology.protocol("new1", OUT) == protocol
    proven = prove(topology, STACK, {}, settings, PORTS, VARIABLES)
    assert [each for each in proven.problems if str(IN) in each or "new" in each] == []
    spoken = "https" if PROTOCOLS[protocol].tls else PROTOCOLS[protocol].balanced_as
    assert dict(proven.rows)[f"listener {IN}"] == f"admits any, leads to new ({spoken})"


def test_listener_pool_and_health_check(protocol: str) -> None:
    topology, settings = declared(protocol)
    (listener,) = [each for each in listeners(topology, "nginx_lb", PORTS) if each["port"] == IN]
    assert (listener["protocol"], listener["tls"]) == (
        PROTOCOLS[protocol].balanced_as,
        PROTOCOLS[protocol].tls,
    )
    pool = next(each for each in pools(topology, "nginx_lb", {}, settings) if each["name"] == "new")
    parsed = Pool.parse(pool)
    assert (parsed.health.type, bool(parsed.tls)) == (protocol, PROTOCOLS[protocol].tls)
    asked = probes._conversation(parsed.health, "10.2.0.7", OUT, None)
    assert isinstance(asked, CONVERSATIONS[protocol])
    files = render_upstreams([parsed], [Listener.parse(listener, ["new"])], NEWEST)
    assert "server 10.2.0.7:7002" in "".join(files.values())


def test_probes_explanation_and_report(protocol: str) -> None:
    topology, _settings = declared(protocol)
    client = topology.hosts["client"]
    requests = requests_of(topology, VARIABLES)
    (target,) = [each for each in probe_targets(topology, client, requests) if each["port"] == IN]
    assert target["protocol"] == protocol
    assert target.get("host", "") == ("shop.example" if PROTOCOLS[protocol].tls else "")
    first, behind = questions(topology, "client -> lb1:7001", "nginx_lb", PORTS)
    assert (behind.name, behind.protocol) == ("lb1 -> new1:7002", first.protocol)
    seen = {**target, "state": "wrong_protocol", "connected": True, "latency_ms": 1.0}
    result = {**seen, "detail": "not that", "ok": False}
    answers = {"client": {"probes": [result]}, "lb1": {"probes": [], "doors": {}}}
    lines = explanations(topology, [first], answers)[first.name]["lines"]
    assert f"{PROTOCOLS[protocol].label} has to answer on 10.0.0.2:7001" in "\n".join(lines)
    found = verification_report(topology, [result], ["client"], "2026-03-14T09:26:53Z")
    page = report_html(json.loads(json.dumps(found)))
    assert f"any -&gt; nginx_lb:7001 ({protocol})" in page
    assert ('<g class="flow failed tls"' in page) == PROTOCOLS[protocol].tls


def test_firewall_preview_and_lab(protocol: str) -> None:
    topology, settings = declared(protocol)
    comment = f'{IN} accept comment "any -> nginx_lb:{IN} ({protocol})"'
    assert comment in firewall_rules(topology, "lb1")
    assert f'{OUT} accept comment "nginx_lb -> new:{OUT}' in firewall_rules(topology, "new1")
    wanted = desired(topology, STACK, {}, {"pools": settings, "listeners": PORTS}, [])
    spoken = "https" if PROTOCOLS[protocol].tls else PROTOCOLS[protocol].balanced_as
    assert f"{IN} ({spoken}) leads to new" in wanted["listeners", "lb1"]
    assert f"any -> nginx_lb:{IN} ({protocol})" in wanted["flows", ""]
    assert str(OUT) in make_plan(topology).ruleset


def test_glossary_names_it(protocol: str) -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    entry = text.partition("\n## protocol\n")[2].partition("\n## ")[0]
    assert f"`{protocol}`" in entry
