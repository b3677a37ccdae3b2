# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sample reports: of a stack without and with failures, of larger stacks, and of hostile names."""

from __future__ import annotations

import random
import typing as t

from ansible_collections.peerlb.stack.plugins.module_utils._topology.declaration import (
    read_topology,
)
from ansible_collections.peerlb.stack.plugins.module_utils._topology.model import Topology
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import Host
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.flows import probe_targets
from ansible_collections.peerlb.stack.plugins.plugin_utils._report.data.report import (
    verification_report,
)

SERVICE = {
    "client": "client",
    "release": "3f9c01d2a7b4",
    "served_by": {"web1": 20, "web2": 20},
    "median_ms": 3.4,
    "failed_requests": 0,
    "connection": "Connection successful\nrow 41 written and read back by web1",
}


class SampleInventory:
    """A declaration and its hosts, from which tests make reports."""

    def __init__(self, networks: dict[str, str], peerings: list[list[str]]) -> None:
        self.declaration: dict[str, t.Any] = {
            "networks": [{"name": name, "cidrs": [cidr]} for name, cidr in networks.items()],
            "peerings": peerings,
            "flows": [],
            "management": [],
        }
        self.groups: dict[str, list[str]] = {}
        self.hostvars: dict[str, dict[str, t.Any]] = {}

    def host(self, name: str, address: str, group: str, zone: str = "") -> None:
        """Add a host."""
        self.hostvars[name] = {"ansible_host": address, "peerlb_zone": zone}
        for key in ("all", group):
            self.groups.setdefault(key, []).append(name)

    def flow(self, source: str, target: str, port: int, protocol: str) -> None:
        """Declare a flow."""
        entry = {"from": source, "to": target, "port": port, "protocol": protocol}
        self.declaration["flows"].append(entry)

    def topology(self) -> Topology:
        """Return the model of the declaration and the hosts."""
        return read_topology(self.declaration, self.groups, self.hostvars)

    def report(
        self,
        exceptions: t.Mapping[str, tuple[str, str]] | None = None,
        silent: t.Container[str] = (),
        sources: t.Sequence[str] = (),
        **options: t.Any,
    ) -> dict:
        """Return a report in which all probes except the exceptions are as declared.

        An exception is a state and a detail by the name of a probe:
        {"lb1 -> web2:3000": ("refused", "Connection refused")}. The hosts in *silent* have no
        results. *sources* are all hosts by default. *options* are those of verification_report().
        """
        topology, dice = self.topology(), random.Random(4)
        sources = sources or list(topology.hosts)
        results = []
        for name in sources:
            host = topology.hosts.get(name, Host(name, None, ""))
            for target in probe_targets(topology, host) if name not in silent else ():
                results.append(_result(target, (exceptions or {}).get(target["name"]), dice))
        return verification_report(topology, results, sources, "2026-03-14T09:26:53Z", **options)


def _result(target: dict, exception: tuple[str, str] | None, dice: random.Random) -> dict:
    closed = target["expect"] == "closed"
    usual = ("timeout", "no answer in 2 s") if closed else ("open", f"{target['protocol']} spoken")
    state, detail = exception or usual
    connected = state in ("open", "wrong_protocol", "blocked")
    ok = not connected if closed else state == "open"
    latency = round(dice.uniform(0.3, 4.0), 1) if connected else 2000.0
    return {
        **{key: target[key] for key in ("name", "address", "port", "protocol", "expect")},
        **{"state": state, "detail": detail, "ok": ok},
        **{"connected": connected, "latency_ms": latency},
    }


def stack() -> SampleInventory:
    """Return the inventory of a load balancer, two applications, a database and a client."""
    inventory = SampleInventory(
        {"vpc-nginx-lb": "10.0.0.0/16", "vpc-webapp": "10.1.0.0/16", "vpc-db": "10.2.0.0/16"},
        [["vpc-nginx-lb", "vpc-webapp"], ["vpc-nginx-lb", "vpc-db"]],
    )
    inventory.host("lb1", "10.0.0.2", "nginx_lb", "lab-c")
    inventory.host("web1", "10.1.0.2", "webapp", "lab-a")
    inventory.host("web2", "10.1.0.3", "webapp", "lab-b")
    inventory.host("db1", "10.2.0.2", "mysql", "lab-a")
    inventory.host("client", "203.0.113.10", "clients")
    inventory.flow("any", "nginx_lb", 80, "http")
    inventory.flow("webapp", "nginx_lb", 3306, "mysql")
    inventory.flow("nginx_lb", "webapp", 3000, "http")
    inventory.flow("nginx_lb", "mysql", 3306, "mysql")
    return inventory


def edge() -> dict:
    """Return the report of a stack with a listener of TLS, and with Valkey behind it."""
    inventory = stack()
    inventory.host("kv1", "10.2.0.5", "valkey", "lab-a")
    inventory.flow("any", "nginx_lb", 443, "https")
    inventory.flow("webapp", "nginx_lb", 6379, "redis")
    inventory.flow("nginx_lb", "valkey", 6379, "redis")
    return inventory.report(service=SERVICE, balancers={"lb1": balancer()})


def balancer() -> dict[str, t.Any]:
    """Return what is known of a load balancer with TLS, a URL map, a gatekeeper and bans."""
    pools = ["webapp", "webapp-next"]
    rules: dict[str, t.Any] = {
        "scrapers": {"actions": {"deny": 31}, "would": {}, "clients": []},
        "logins": {"actions": {}, "would": {"throttle": 4}, "clients": []},
        "default": {"actions": {"allow": 1204}, "would": {}, "clients": []},
    }
    certificate = {"name": "shop", "names": ["shop.example", "*.shop.example"], "source": "acme"}
    by_tls = {"port": 443, "pool": "webapp", "protocol": "http", "address": "", "tls": True}
    waf = {"state": "running", "refused": 3, "would_refuse": 0, "rules": []}
    info = {
        "pools": [{"name": name} for name in pools],
        "listeners": [
            {**by_tls, "port": 80, "tls": False, "routes": ["webapp-next"]},
            {**by_tls, "routes": ["webapp-next"]},
            {**by_tls, "port": 3306, "tls": False, "pool": "mysql", "protocol": "mysql"},
        ],
        "certificates": [{**certificate, "days_left": 89.4, "used": True, "error": ""}],
        "guard": {"banned": 2, "bans": [], "in_maintenance": ["webapp-next"]},
        "rules": rules,
        "inspected": {"shop.example /api/*": {"passed": 90, "refused": 3}},
        "waf": waf,
    }
    return {"info": info, "url_map": _url_map(), "gatekeeper": _gatekeeper()}


def _url_map() -> dict[str, t.Any]:
    weighted = {"webapp": 90, "webapp-next": 10}
    shop = [
        {"path": "/api/*", "pool": "webapp", "waf": True},
        {"path": "/cart", "methods": ["POST"], "pools": weighted},
        {"path": "/old/*", "redirect": {"prefix": "/new", "code": 301}},
        {"path": "/secret/*", "answer": {"status": 404}},
    ]
    names = ["shop.example", "www.shop.example"]
    hosts = [{"names": names, "rules": shop, "default": "webapp"}, {"default": "webapp"}]
    return {"hosts": hosts, "tests": [{"url": "http://x/", "expect": {"pool": "webapp"}}]}


def _gatekeeper() -> dict[str, t.Any]:
    login = {"priority": 20, "action": "throttle", "rate": "10r/m", "preview": True}
    return {
        "lists": {"scrapers": {"file": "scrapers.txt"}},
        "rules": [
            {"name": "logins", **login, "match": {"paths": ["/login"]}},
            {
                "name": "scrapers",
                "priority": 10,
                "action": "deny",
                "match": {"lists": ["scrapers"]},
            },
        ],
    }


def well() -> dict:
    """Return the report of a stack on which everything is as declared."""
    return stack().report(service=SERVICE)


def broken() -> dict:
    """Return a report with a stopped container, a missing rule, a lost host and open ports."""
    exceptions = {
        "lb1 -> web2:3000": ("refused", "Connection refused"),
        "web1 -> db1:3306": ("open", "MySQL 9.7.0 greeted"),
        "client -> db1:3306": ("open", "MySQL 9.7.0 greeted"),
        "db1 -> lb1:80": ("timeout", "no answer in 2 s"),
    }
    explanations = {
        "lb1 -> web2:3000": [
            "lb1 -> web2:3000 (http) fails at container: peerlb-webapp exited 3 minutes ago."
            " Right would be: start it",
            "ok    declared       nginx_lb -> webapp:3000 (http)",
            "ok    route          vpc-nginx-lb and vpc-webapp are peered",
            "-     network rule   nothing says what the cloud admits",
            "FAIL  container      peerlb-webapp exited 3 minutes ago",
        ],
    }
    problems = ["the application does not reach MySQL: no answer"]
    health = [
        "lb1: pool webapp follows without a reload; nginx asked 0.4 s ago",
        "lb1: pool webapp, member web2: bad since 2026-03-14T09:20:11Z (refuses connections)",
    ]
    service = {**SERVICE, "served_by": {"web1": 40}, "connection": "", "health": health}
    more = {"explanations": explanations, "problems": problems, "service": service}
    return stack().report(exceptions, silent=["web2"], **more)


def audited() -> dict:
    """Return a report with an audit that found a one-sided peering, a rule too wide, and more."""
    command = "gcloud compute networks peerings create vpc-db-to-vpc-nginx-lb --project=acme"
    findings = [
        {
            "id": "peering-one-sided",
            "severity": "error",
            "object": "vpc-db and vpc-nginx-lb",
            "explanation": "vpc-nginx-lb has a peering with vpc-db, but vpc-db has none back",
            "command": f"{command} --network=vpc-db --peer-network=vpc-nginx-lb",
        },
        {
            "id": "excess",
            "severity": "error",
            "object": "default-allow-ssh (VPC firewall rule, priority 65534)",
            "explanation": "admits anywhere but 35.235.240.0/20 to tcp:22 on lb1; not declared",
            "command": "gcloud compute firewall-rules delete default-allow-ssh --project=acme",
        },
        {
            "id": "flow-undecided",
            "severity": "warning",
            "object": "any -> nginx_lb:80 (http)",
            "explanation": "from the internet on lb1: undecided, because of rule 5 of guard"
            " (hierarchical policy) (countries)",
            "command": "",
        },
        {
            "id": "rule-disabled",
            "severity": "info",
            "object": "vpc-db: " + "a-rule-with-a-rather-long-name-" * 3,
            "explanation": "is disabled, so it decides nothing",
            "command": "",
        },
    ]
    ways = [("lb1", "external", "its external address"), ("web1", "nat", "Cloud NAT nat-webapp")]
    ways += [("web2", "nat", "Cloud NAT nat-webapp"), ("db1", "none", "no Cloud NAT")]
    project = {
        "generated_at": "2026-03-14 09:20:11 UTC",
        "findings": findings,
        "summary": {"error": 2, "warning": 1, "info": 1},
        "ways_out": [{"vm": vm, "way": way, "via": via} for vm, way, via in ways],
        "judged": {"project": "acme", "vms": 4, "flows": 4, "rules": 9, "policies": 1},
    }
    return stack().report(service=SERVICE, project=project)


def larger() -> dict:
    """Return the report of six networks with fifty hosts."""
    names = ("edge", "shop", "search", "billing", "data", "backup")
    inventory = SampleInventory(
        {f"vpc-{name}": f"10.{at}.0.0/16" for at, name in enumerate(names)},
        [["vpc-edge", f"vpc-{name}"] for name in names[1:4]]
        + [[f"vpc-{name}", "vpc-data"] for name in names[1:4]]
        + [["vpc-data", "vpc-backup"]],
    )
    sizes = {"edge": 3, "shop": 20, "search": 12, "billing": 6, "data": 6, "backup": 2}
    for at, (name, size) in enumerate(sizes.items()):
        for number in range(size):
            zone = f"europe-west1-{'bcd'[number % 3]}"
            inventory.host(f"{name}-{number + 1:02}", f"10.{at}.0.{number + 2}", name, zone)
    inventory.host("office", "198.51.100.7", "clients")
    inventory.flow("any", "edge", 443, "tcp")
    for at, name in enumerate(names[1:4]):
        inventory.flow("edge", name, 8000 + at, "http")
        inventory.flow(name, "data", 3306, "mysql")
    inventory.flow("data", "backup", 873, "tcp")
    exceptions = {
        "edge-02 -> search-07:8001": ("refused", "Connection refused"),
        "shop-03 -> billing-02:8002": ("open", "HTTP/1.1 200 OK"),
        "office -> backup-01:873": ("open", "connected"),
    }
    return inventory.report(exceptions)


def hostile() -> dict:
    """Return a report with names and details that are HTML, to test that a page escapes them."""
    inventory = stack()
    name = '</title><script>document.title="owned"</script>"><img src=http://203.0.113.1/x>&'
    inventory.host(name, "10.1.0.9", "webapp", "<b>zone</b>")
    exceptions = {f"{name} -> lb1:3306": ("refused", "<svg onload=alert(1)>")}
    why = {f"{name} -> lb1:3306": ["</ol><iframe src=//203.0.113.1>"]}
    return inventory.report(
        exceptions, explanations=why, problems=[name], service={"health": [name]}
    )


def huge() -> dict:
    """Return the report of a hundred networks with a thousand hosts. Twenty of the hosts probe."""
    names = [f"net-{number:03}" for number in range(100)]
    inventory = SampleInventory(
        {name: f"10.{number}.0.0/16" for number, name in enumerate(names)},
        [[names[0], name] for name in names[1:]],
    )
    for number in range(1000):
        at = number % 100
        inventory.host(f"host-{number:04}", f"10.{at}.1.{number // 100 + 1}", f"group-{at:03}", "z")
    inventory.flow("any", "group-000", 443, "tcp")
    for at in range(1, 100):
        inventory.flow("group-000", f"group-{at:03}", 8000, "http")
    sources = [f"host-{number:04}" for number in range(0, 1000, 50)]
    exceptions = {"host-0000 -> host-0042:8000": ("refused", "Connection refused")}
    return inventory.report(exceptions, sources=sources)
