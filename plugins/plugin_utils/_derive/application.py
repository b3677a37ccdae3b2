# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the application is asked: by which name, for what, and which answers are good."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ...module_utils._nginx.health import OF_HTTP
from ...module_utils._topology.hosts import HostVars
from ...module_utils._topology.model import Topology
from ...module_utils._topology.values import Host, TopologyError
from ...module_utils._values.entries import is_list, misfit, whole_number
from .._stack import STACK, StackGroups
from .flows import service_port
from .served_names import CERTIFICATES, certificate_names, tls_name

# The role's defaults, for an inventory that sets only one of the two.
HEALTH_PATH, HEALTH_STATUSES = "/healthz", (200,)

# By the target's name and port: more options of a probe, as the module reachability takes them.
Requests = t.Mapping[tuple[str, int], dict[str, t.Any]]


@dataclass(frozen=True)
class Application:
    """How the inventory says that the application is asked.

    own: whether the user runs an image of their own; server_name: the name for the Host header, ""
    for the address. If the inventory sets none, it is the first name that the load balancers serve.
    tls_name: the name to ask a load balancer for in TLS, for which it has a certificate.
    health_path and health_statuses: what is asked and which answers are good, "" and () if the
    inventory sets neither.
    """

    own: bool = False
    server_name: str = ""
    health_path: str = ""
    health_statuses: tuple[int, ...] = ()
    tls_name: str = ""

    @classmethod
    def of(cls, topology: Topology, stack: StackGroups, variables: HostVars) -> Application:
        """Return what the VARIABLES of the application's hosts say.

        Raises a TopologyError with one line for each variable that makes no sense.
        """
        hosts = [variables.get(host.name, {}) for host in topology.members(stack.application)]
        values: dict[str, t.Any] = {}
        problems = []
        for name, reader in READERS.items():
            value = next((own[name] for own in hosts if own.get(name) not in (None, "")), None)
            try:
                values[name] = None if value is None else reader(name, value)
            except ValueError as exc:
                problems.append(f"{stack.application}: {exc}")
        if problems:
            raise TopologyError(problems)
        own, server_name, path, statuses = (values[name] for name in VARIABLES)
        server_name = server_name or _served_name(topology.members(stack.balancer), variables)
        if path or statuses:
            path, statuses = path or HEALTH_PATH, statuses or HEALTH_STATUSES
        names = certificate_names(topology.members(stack.balancer), variables)
        by_tls = tls_name(names, server_name or "")
        return cls(bool(own), server_name or "", path or "", statuses or (), by_tls)

    def requests(self, topology: Topology, stack: StackGroups) -> Requests:
        """Return how probes ask the application and the load balancers that lead to it.

        {("web1", 3000): {"host": "shop.example", "path": "/login", "statuses": [200, 302]}, ("lb1",
        80): {"host": "shop.example"}}; {} if the inventory says nothing, so that a probe asks for /
        by address, and any answer is good.
        """
        host: dict[str, t.Any] = {"host": self.server_name} if self.server_name else {}
        health = {"path": self.health_path, "statuses": list(self.health_statuses)}
        asked = {**host, **(health if self.health_path else {})}
        by_tls = {"host": self.tls_name} if self.tls_name else {}
        if not asked and not by_tls:
            return {}
        port = service_port(topology, stack.application, "http", stack.balancer)
        balancers = {each.name for each in topology.members(stack.balancer)}
        found: dict[tuple[str, int], dict[str, t.Any]]
        found = {(each.name, port): asked for each in topology.members(stack.application)}
        for place in topology.flows_by_port:
            if place[0] in balancers:
                found[place] = by_tls if topology.protocol(*place) == "https" else host
        return {place: own for place, own in found.items() if topology.protocol(*place) in OF_HTTP}

    def health(self) -> dict[str, t.Any]:
        """Return what a health check asks the application: {"path": "/healthz", "expect": [200]}.

        Of an image of the user's own nothing is known but what the inventory says.
        """
        path, statuses = self.health_path, self.health_statuses
        if not path and not self.own:
            path, statuses = HEALTH_PATH, HEALTH_STATUSES
        asked = {"path": path, "expect": list(statuses)} if path else {}
        return {**asked, **({"host": self.server_name} if self.server_name else {})}


def requests_of(topology: Topology, variables: HostVars, stack: StackGroups = STACK) -> Requests:
    """Return how probes ask, as `Application.requests` does, by the hosts' variables."""
    return Application.of(topology, stack, variables).requests(topology, stack)


def _served_name(balancers: list[Host], variables: HostVars) -> str:
    """Return the first name by which the load balancers serve; "" if they serve any."""
    lists = (variables.get(host.name, {}).get("nginx_lb_server_names") for host in balancers)
    names = (str(name) for each in lists if is_list(each) for name in each or ())
    return next((name for name in names if "*" not in name), "")


def _host_name(key: str, value: t.Any) -> str:
    """Return a name for the Host header, which may have a port: "shop.example:8080"."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+(:[0-9]+)?", str(value)):
        raise misfit(key, value, "a host name such as shop.example")
    return str(value)


def _path(key: str, value: t.Any) -> str:
    if not re.fullmatch(r"/[!-~]*", str(value)):
        raise misfit(key, value, "a plain path that begins with /")
    return str(value)


def _statuses(key: str, value: t.Any) -> tuple[int, ...]:
    if not is_list(value) or not value:
        raise misfit(key, value, "a list of HTTP statuses such as [200, 302]")
    return tuple(whole_number(key, status, 100, 599) for status in value)


# How to read the variables of the application's hosts. The first host that has one decides.
READERS: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    "webapp_image": lambda _key, value: bool(value),
    "webapp_server_name": _host_name,
    "webapp_health_path": _path,
    "webapp_health_statuses": _statuses,
}
VARIABLES = tuple(READERS)
# The variables of the load balancers that say by which names they serve.
OF_BALANCER = ("nginx_lb_server_names", CERTIFICATES)
