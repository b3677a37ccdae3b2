# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks look up: all that the roles of a layer need, derived in one pass."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.hosts import HostVars, Variables
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import TopologyError
from .._stack import StackGroups
from .application import Application
from .flows import flow_address, grant_hosts, service_port, service_ports, source_ranges
from .pools import MemberSettings, listeners, pools, with_routes

Derived = dict[str, t.Any]
PASSWORD_FILE = "/opt/peerlb/webapp/current/secrets/mysql_password"
WORKERS, THREADS = 2, 16  # the defaults of the role webapp
# The variables of the application's hosts from which `database` and `connections` follow.
OF_CLIENTS = (
    *("webapp_mysql_user", "webapp_mysql_database", "webapp_mysql_privileges"),
    *("webapp_image", "webapp_workers", "webapp_threads"),
)
EVERYWHERE = "0.0.0.0"
STATUS_PORT = 8081  # the default of nginx_lb_status_port
URL_MAP = "peerlb_url_map"
POOL_PORT = 8053  # the default of nginx_lb_pool_port


def addresses(topology: Topology, names: t.Iterable[str]) -> dict[str, str]:
    """Return each host's address in the declared networks: {"db1": "10.2.0.2"}.

    Raises a TopologyError that names each host outside of the declared networks.
    """
    hosts = {name: topology.hosts.get(name) for name in names}
    outside = [name for name, host in hosts.items() if host is None]
    if outside:
        raise TopologyError(f"host {name}: stands in no declared network" for name in outside)
    return {name: host.address for name, host in hosts.items() if host}


def database(topology: Topology, stack: StackGroups, variables: HostVars) -> Derived:
    """Return what the MySQL servers need.

    {"port": 3306, "account": {"name": "webapp", "hosts": ["10.0.0.2"], "privileges":
    "webapp.*:ALL"}, "databases": {"db1": [{"name": "webapp"}]}}

    variables: `webapp_mysql_user`, `webapp_mysql_database` and `webapp_mysql_privileges` of the
    application's hosts (the first host that has one decides), and `peerlb_databases` of the MySQL
    servers.
    """
    clients = [variables.get(host.name, {}) for host in topology.members(stack.application)]

    def setting(key: str, default: str = "webapp") -> str:
        values = (own.get(key) for own in clients)
        return next((value for value in values if value is not None), default)

    name = setting("webapp_mysql_database")
    return {
        "port": service_port(topology, stack.database, "mysql", stack.balancer),
        # MySQL sees the address of the load balancer and not of the application.
        "account": {
            "name": setting("webapp_mysql_user"),
            "hosts": grant_hosts(topology, stack.database),
            # The application creates its tables itself, and so do the migrations of others.
            "privileges": f"{name}.*:{setting('webapp_mysql_privileges', 'ALL')}",
        },
        "databases": {
            host.name: _databases(name, variables.get(host.name, {}).get("peerlb_databases") or [])
            for host in topology.members(stack.database)
        },
    }


def store(topology: Topology, stack: StackGroups, variables: HostVars) -> Derived:
    """Return what the Valkey servers need; {} if the declaration has none.

    {"port": 6379, "addresses": {"kv1": "10.2.0.5"}, "account": {"name": "webapp", "sources":
    ["10.0.0.2/32"]}}: sources are the ranges of the clients that Valkey sees, which are the load
    balancers; [] means any. An account of Valkey knows no addresses, so they are for firewalls and
    for people. variables: `webapp_valkey_user` of the application's hosts.
    """
    if not topology.members(stack.store):
        return {}
    clients = [variables.get(host.name, {}) for host in topology.members(stack.application)]
    names = (own.get("webapp_valkey_user") for own in clients)
    return {
        "port": service_port(topology, stack.store, "redis", stack.balancer),
        "addresses": addresses(topology, [host.name for host in topology.members(stack.store)]),
        "account": {
            "name": next((name for name in names if name is not None), "webapp"),
            "sources": [str(cidr) for cidr in source_ranges(topology, stack.store, "redis") or ()],
        },
    }


def connections(topology: Topology, stack: StackGroups, variables: HostVars) -> int:
    """Return how many connections to MySQL the application may open: 64 for two hosts of 2 x 16.

    variables: `webapp_workers` and `webapp_threads` of the application's hosts. A host with an
    image of the user's own counts 0, as only its owner knows.
    """
    found = 0
    for host in topology.members(stack.application):
        own = variables.get(host.name, {})
        if not own.get("webapp_image"):
            workers, threads = own.get("webapp_workers"), own.get("webapp_threads")
            found += _number(workers, WORKERS) * _number(threads, THREADS)
    return found


def _number(value: t.Any, default: int) -> int:
    """Return a number as it is or as text; the default for what `wrong_variables` refuses."""
    return int(value) if str(value).isdecimal() else default


def clients(topology: Topology, stack: StackGroups, user: str) -> list[dict[str, str]]:
    """Return the files from which the application's hosts read the password of a user.

    [{"host": "web1", "user": "webapp", "path": "/opt/peerlb/webapp/…/mysql_password"}]
    """
    hosts = topology.members(stack.application)
    return [{"host": host.name, "user": user, "path": PASSWORD_FILE} for host in hosts]


def _databases(name: str, others: t.Sequence[t.Mapping[str, t.Any]]) -> list[t.Any]:
    """Return the others with the application's database before them, unless they include it."""
    included = any(isinstance(other, t.Mapping) and other.get("name") == name for other in others)
    return [*([] if included else [{"name": name}]), *others]


def application(topology: Topology, stack: StackGroups) -> Derived:
    """Return what the application needs.

    {"port": 3000, "mysql_host": "10.0.0.2", "mysql_port": 3306, "valkey_host": "", "valkey_port":
    0, "trusted_proxies": ["10.0.0.2"]}: the port that it serves at, where it finds MySQL, where it
    finds Valkey if there is any, and the load balancers whose headers about the client it may
    believe.
    """
    address, port = flow_address(topology, stack.application, protocol="mysql")
    store_address, store_port = "", 0
    if topology.members(stack.store):
        store_address, store_port = flow_address(topology, stack.application, protocol="redis")
    return {
        "port": service_port(topology, stack.application, "http", stack.balancer),
        "mysql_host": address,
        "mysql_port": port,
        "valkey_host": store_address,
        "valkey_port": store_port,
        "trusted_proxies": [host.address for host in topology.members(stack.balancer)],
    }


def balancers(
    topology: Topology, stack: StackGroups, member_settings: MemberSettings, variables: HostVars
) -> dict[str, Derived]:
    """Return the pools and listeners of each load balancer: {"lb1": {"pools": ..., ...}}.

    With them come the `addresses` of all load balancers, and those of its `peers`, the others.
    variables: `peerlb_pools`, `peerlb_listeners` and `peerlb_url_map` by host, and how the
    application is asked, as `Application.of` reads it.
    """
    by_host = {}
    health = Application.of(topology, stack, variables).health()
    hosts = topology.members(stack.balancer)
    for host in hosts:
        own = variables.get(host.name, {})
        pool_settings = _list(own, "peerlb_pools")
        by_host[host.name] = {
            "pools": pools(topology, stack.balancer, member_settings, pool_settings, health),
            "listeners": with_routes(
                listeners(topology, stack.balancer, _list(own, "peerlb_listeners"), host.name),
                topology,
                stack.balancer,
                own.get(URL_MAP),
            ),
            "addresses": [each.address for each in hosts],
            "peers": [each.address for each in hosts if each != host],
        }
    return by_host


def _list(variables: Variables, key: str) -> t.Any:
    return [] if variables.get(key) is None else variables[key]


def host_ports(topology: Topology, stack: StackGroups, variables: HostVars) -> Derived:
    """Return what the stack binds on each host: {"web1": [{"address": "10.1.0.2", "port": 3000}]}.

    nginx's status and the unit of the pools have ports at the loopback address. variables:
    `nginx_lb_status_port`, `nginx_lb_pool_port` and `peerlb_listeners` of the load balancers.
    """
    found: Derived = {}
    for host in topology.members(stack.balancer):
        own = variables.get(host.name, {})
        inner = int(own.get("nginx_lb_status_port") or STATUS_PORT)
        settings = _list(own, "peerlb_listeners")
        held = [
            (each["address"] or EVERYWHERE, each["port"])
            for each in listeners(topology, stack.balancer, settings)
        ]
        asked = int(own.get("nginx_lb_pool_port") or POOL_PORT)
        found[host.name] = [*held, ("127.0.0.1", inner), ("127.0.0.1", asked)]
    for group, port in service_ports(topology, stack).items():
        for host in topology.members(group):
            found.setdefault(host.name, []).append((host.address, port))
    return {
        host: [{"address": address, "port": port} for address, port in held]
        for host, held in found.items()
    }
