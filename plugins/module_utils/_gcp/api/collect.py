# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect what decides who reaches whom in a Google Cloud project, as one document.

The objects in the document are those of the Compute Engine API, cut to the fields named here. The
number of requests grows with networks, regions and pages of 500 objects, not with instances.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field

from .session import GcpError

# Takes a path below the API's endpoint and a query; returns the API's answer or raises GcpError.
Get = t.Callable[[str, t.Mapping[str, str]], t.Mapping[str, t.Any]]

PROJECT_ID = re.compile(r"([-a-z0-9.]{1,63}:)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
NETWORK_LINK = re.compile(r"projects/([^/]+)/global/networks/([^/]+)$")
REFUSED_STATUSES = {403, 404}
NO_RESULTS = "NO_RESULTS_ON_PAGE"  # the only warning that does not mean that something is missing


@dataclass(frozen=True)
class Collection:
    """One list of the API: its name in the document, its path, and the fields to ask for.

    Without fields, the API returns whole objects.
    """

    name: str
    path: str
    fields: str = ""

    @property
    def aggregated(self) -> bool:
        """Tell whether the API returns this list divided by zone or region."""
        return self.path.startswith("aggregated/")

    def query(self) -> dict[str, str]:
        """Return the query of each request for this list, without the page token."""
        objects = f"items/*/{self.name}" if self.aggregated else "items"
        objects += f"({self.fields})" if self.fields else ""
        always = "nextPageToken,warning"
        if not self.aggregated:
            return {"maxResults": "500", "fields": f"{always},{objects}"}
        # Without returnPartialSuccess, one region that is down makes the whole request fail.
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
    # A router with BGP peers learns routes that the list of routes does not hold.
    Collection("routers", "aggregated/routers", "name,selfLink,network,region,nats,bgpPeers(name)"),
    Collection("routes", "global/routes"),
    # Without the metadata of instances, because their start-up scripts may hold secrets.
    Collection(
        "instances",
        "aggregated/instances",
        "name,selfLink,zone,status,tags,labels,networkInterfaces,serviceAccounts,canIpForward",
    ),
)


@dataclass
class Collector:
    """Reads one project by its id with the function `get`.

    `gaps` has the reason for each part that could not be read, by what is missing and where, as in
    {("instances", "zones/europe-west1-d"): "the API could not reach it"}.
    """

    get: Get
    name: str
    gaps: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self) -> dict[str, t.Any]:
        """Return the project's document; its key "incomplete" lists the gaps.

        Raises GcpError if the name is no project id, if the networks may not be read, or if the
        API fails for another reason than a refused part.
        """
        if not PROJECT_ID.fullmatch(self.name):
            raise GcpError(f"project {self.name!r}: is not the id of a project, such as my-shop-42")
        lists = {collection.name: self._objects(collection) for collection in COLLECTIONS}
        lists["effective_firewalls"] = [
            {"network": network, "region": region, "response": response}
            for network, region in sorted(network_regions(lists["instances"]))
            for response in self._effective_firewalls(network, region)
        ]
        gaps = [
            {"what": what, "where": where, "why": why} for (what, where), why in self.gaps.items()
        ]
        return {"project": self.name, **lists, "incomplete": gaps}

    def _objects(self, collection: Collection) -> list[t.Any]:
        objects: list[t.Any] = []
        project_path = f"projects/{self.name}"
        try:
            for page in self._pages(f"{project_path}/{collection.path}", collection.query()):
                self._note_warning(collection.name, project_path, page)
                for scope in page.get("unreachables", ()):
                    self._note_gap(collection.name, scope, "the API could not reach it")
                for scope, part in parts_by_scope(collection, page):
                    self._note_warning(collection.name, scope, part)
                    objects += part.get(collection.name, ())
        except GcpError as exc:
            # If the networks are refused, the project does not exist or may not be seen at all.
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
        """Return the rules and policies in effect, or an empty list and note the gap."""
        owner, name = network.split("/")[-4], network.split("/")[-1]  # see NETWORK_LINK
        path = f"projects/{owner}/regions/{region}/firewallPolicies/getEffectiveFirewalls"
        try:
            return [self.get(path, {"network": network})]
        except GcpError as exc:
            if exc.status not in REFUSED_STATUSES:
                raise
            self._note_gap("effective_firewalls", f"regions/{region}/networks/{name}", str(exc))
            return []

    def _note_warning(self, what: str, where: str, part: t.Mapping[str, t.Any]) -> None:
        warning = part.get("warning") or {}
        if warning.get("code", NO_RESULTS) != NO_RESULTS:
            self._note_gap(what, where, f"{warning['code']}: {warning.get('message', '')}")

    def _note_gap(self, what: str, where: str, why: str) -> None:
        """Note a gap. If the API names a gap twice, the first reason stays."""
        self.gaps.setdefault((what, re.sub(r"^.*projects/[^/]+/", "", where)), why)


def parts_by_scope(
    collection: Collection, page: t.Mapping[str, t.Any]
) -> t.Iterable[tuple[str, t.Mapping[str, t.Any]]]:
    """Return the parts of a page by zone or region, such as ("zones/x", {"instances": [...]}).

    A list that is not aggregated has one part, whose scope is "".
    """
    if collection.aggregated:
        return page.get("items", {}).items()
    return [("", {collection.name: page.get("items", [])})]


def network_regions(instances: t.Iterable[t.Mapping[str, t.Any]]) -> set[tuple[str, str]]:
    """Return each network, by its link in the API, with each region where it has an instance."""
    return {
        (interface["network"], instance["zone"].rsplit("/", 1)[-1].rsplit("-", 1)[0])
        for instance in instances
        for interface in instance.get("networkInterfaces", ())
        if NETWORK_LINK.search(interface.get("network", ""))
    }
