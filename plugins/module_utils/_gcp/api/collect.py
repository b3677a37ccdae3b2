# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what decides who reaches whom in a Google Cloud project, as one document.

The objects are the API's own, cut to the fields named here. The number of requests grows with
networks, regions and pages of 500, not with instances.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .session import GcpError

Get = t.Callable[[str, t.Mapping[str, str]], t.Mapping[str, t.Any]]

PROJECT_ID = re.compile(r"([-a-z0-9.]{1,63}:)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NETWORK_LINK = re.compile(r"projects/([^/]+)/global/networks/([^/]+)$")
REFUSED_STATUSES = {403, 404}
NO_RESULTS = "NO_RESULTS_ON_PAGE"  # the one warning that says nothing is missing


@dataclass(frozen=True)
class Collection:
    """One list of the API. Without fields, the objects come whole."""

    name: str
    path: str
    fields: str = ""

    @property
    def aggregated(self) -> bool:
        return self.path.startswith("aggregated/")

    def query(self) -> dict[str, str]:
        objects = f"items/*/{self.name}" if self.aggregated else "items"
        objects += f"({self.fields})" if self.fields else ""
        always = "nextPageToken,warning"
        if not self.aggregated:
            return {"maxResults": "500", "fields": f"{always},{objects}"}
        # Without returnPartialSuccess, one region that is down fails the list of all.
        return {
            "maxResults": "500",
            "returnPartialSuccess": "true",
            "fields": f"{always},unreachables,items/*/warning,{objects}",
        }


COLLECTIONS = (
    Collection(
        "networks",
        "global/networks",
        "name,selfLink,peerings,subnetworks,routingConfig,autoCreateSubnetworks,IPv4Range,"
        "networkFirewallPolicyEnforcementOrder",
    ),
    Collection(
        "subnetworks",
        "aggregated/subnetworks",
        "name,selfLink,network,region,ipCidrRange,secondaryIpRanges,privateIpGoogleAccess,purpose,"
        "role,stackType",
    ),
    Collection("firewalls", "global/firewalls"),
    # A router with BGP peers learns routes, which are in no list.
    Collection("routers", "aggregated/routers", "name,selfLink,network,region,nats,bgpPeers(name)"),
    Collection("routes", "global/routes"),
    # Not the metadata: start-up scripts and what they hold are nobody's business here.
    Collection(
        "instances",
        "aggregated/instances",
        "name,selfLink,zone,status,tags,labels,networkInterfaces,serviceAccounts,canIpForward",
    ),
)


@dataclass
class Collector:
    """One project, read by get(path, query), which raises GcpError."""

    get: Get
    name: str
    gaps: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self) -> dict[str, t.Any]:
        """Return the project document; what could not be read stands in its "incomplete"."""
        if not PROJECT_ID.fullmatch(self.name):
            raise GcpError(f"project {self.name!r}: is not the id of a project, such as my-shop-42")
        found = {collection.name: self._objects(collection) for collection in COLLECTIONS}
        found["effective_firewalls"] = [
            {"network": network, "region": region, "response": response}
            for network, region in sorted(network_regions(found["instances"]))
            for response in self._effective_firewalls(network, region)
        ]
        gaps = [
            {"what": what, "where": where, "why": why} for (what, where), why in self.gaps.items()
        ]
        return {"project": self.name, **found, "incomplete": gaps}

    def _objects(self, collection: Collection) -> list[t.Any]:
        objects: list[t.Any] = []
        project_path = f"projects/{self.name}"
        try:
            for page in self._pages(f"{project_path}/{collection.path}", collection.query()):
                self._note_warning(collection.name, project_path, page)
                for scope in page.get("unreachables", ()):
                    self._note_gap(collection.name, scope, "the API could not reach it")
                for scope, part in objects_by_scope(collection, page):
                    self._note_warning(collection.name, scope, part)
                    objects += part.get(collection.name, ())
        except GcpError as exc:
            # Without its networks there is no such project, or none that may be seen.
            if exc.status not in REFUSED_STATUSES or collection is COLLECTIONS[0]:
                raise
            self._note_gap(collection.name, project_path, str(exc))
        return objects

    def _pages(self, path: str, query: dict[str, str]) -> t.Iterator[t.Mapping[str, t.Any]]:
        seen = {""}
        token = None
        while token not in seen:
            page = self.get(path, {**query, "pageToken": token} if token else query)
            yield page
            seen.add(token or "")
            token = page.get("nextPageToken", "")
        if token:
            raise GcpError(f"{path}: the API repeats a page token; its list has no end")

    def _effective_firewalls(self, network: str, region: str) -> list[t.Any]:
        """Return the rules and policies that hold there, or nothing, with the reason noted."""
        owner, name = network.split("/")[-4], network.split("/")[-1]  # as NETWORK_LINK has it
        path = f"projects/{owner}/regions/{region}/firewallPolicies/getEffectiveFirewalls"
        try:
            return [self.get(path, {"network": network})]
        except GcpError as exc:
            if exc.status not in REFUSED_STATUSES:
                raise
            self._note_gap("effective_firewalls", f"regions/{region}/networks/{name}", str(exc))
            return []

    def _note_warning(self, what: str, where: str, holder: t.Mapping[str, t.Any]) -> None:
        warning = holder.get("warning") or {}
        if warning.get("code", NO_RESULTS) != NO_RESULTS:
            self._note_gap(what, where, f"{warning['code']}: {warning.get('message', '')}")

    def _note_gap(self, what: str, where: str, why: str) -> None:
        """Note a gap. The API may name one twice: the first reason stands."""
        self.gaps.setdefault((what, re.sub(r"^.*projects/[^/]+/", "", where)), why)


def objects_by_scope(
    collection: Collection, page: t.Mapping[str, t.Any]
) -> t.Iterable[tuple[str, t.Mapping[str, t.Any]]]:
    """Return each scope with what it holds; a list that is not aggregated has one."""
    if collection.aggregated:
        return page.get("items", {}).items()
    return [("", {collection.name: page.get("items", [])})]


def network_regions(instances: t.Iterable[t.Mapping[str, t.Any]]) -> set[tuple[str, str]]:
    """Return each network, as the API links it, with each region where an instance is in it."""
    return {
        (interface["network"], instance["zone"].rsplit("/", 1)[-1].rsplit("-", 1)[0])
        for instance in instances
        for interface in instance.get("networkInterfaces", ())
        if NETWORK_LINK.search(interface.get("network", ""))
    }
