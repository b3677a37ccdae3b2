# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.collect import (
    COLLECTIONS,
    Collector,
    network_regions,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.session import GcpError

NET = "https://www.googleapis.com/compute/v1/projects/{}/global/networks/{}"
EFFECTIVE = "projects/{}/regions/{}/firewallPolicies/getEffectiveFirewalls"


class Api:
    """Stands for the API: returns the pages of a path in turn, and empty pages for others."""

    def __init__(self, **pages: t.Any) -> None:
        self.pages = {f"projects/p/{path}": value for path, value in pages.pop("of", {}).items()}
        self.pages.update(pages)
        self.requests: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, query: t.Mapping[str, str]) -> t.Any:
        self.requests.append((path, dict(query)))
        found = self.pages.get(path, [{}])
        page = found[int(query.get("pageToken", 0))]
        if isinstance(page, Exception):
            raise page
        return page

    def read(self) -> dict[str, t.Any]:
        return Collector(self.get, "p").read()


def instance(zone: str, *networks: str) -> dict[str, t.Any]:
    links = [{"network": NET.format("p", name) if "/" not in name else name} for name in networks]
    return {
        "name": "vm",
        "zone": f"https://x/projects/p/zones/{zone}",
        "networkInterfaces": links,
    }


def aggregated(**scopes: t.Any) -> dict[str, t.Any]:
    return {"items": {name.replace("_", "/").replace("0", "-"): s for name, s in scopes.items()}}


def test_empty_project_is_complete() -> None:
    api = Api()
    found = api.read()
    names = [each.name for each in COLLECTIONS]
    assert found == {
        **{"project": "p", "incomplete": [], "effective_firewalls": []},
        **{name: [] for name in names},
    }
    assert len(api.requests) == len(names)


def test_next_page_is_requested_with_the_same_query() -> None:
    api = Api(of={"global/firewalls": [{"items": [1], "nextPageToken": "1"}, {"items": [2]}]})
    assert api.read()["firewalls"] == [1, 2]
    first, second = (query for path, query in api.requests if path.endswith("firewalls"))
    assert second == {**first, "pageToken": "1"}


def test_repeated_page_token_is_an_error() -> None:
    page = {"items": [1], "nextPageToken": "1"}
    with pytest.raises(GcpError, match="projects/p/global/routes: the API repeats a page token"):
        Api(of={"global/routes": [page, page]}).read()


def test_aggregated_lists_are_read_with_partial_success() -> None:
    api = Api()
    api.read()
    queries = {path.rsplit("/", 1)[-1]: query for path, query in api.requests}
    for each in COLLECTIONS:
        query = queries[each.name]
        assert query["maxResults"] == "500"
        assert ("returnPartialSuccess" in query) == each.aggregated
        assert ("unreachables" in query["fields"]) == each.aggregated
        assert {"nextPageToken", "warning"} <= set(query["fields"].split(","))
    assert "metadata" not in queries["instances"]["fields"]


def test_parts_of_all_zones_are_joined() -> None:
    empty = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "none"}}
    page = aggregated(
        zones_a0a={"instances": [instance("a-a")]},
        zones_a0b={"instances": [instance("a-b")]},
        zones_a0c=empty,
    )
    found = Api(of={"aggregated/instances": [page]}).read()
    assert [each["zone"][-3:] for each in found["instances"]] == ["a-a", "a-b"]
    assert found["incomplete"] == []


def test_unreachable_scope_is_one_gap() -> None:
    page = {
        **aggregated(zones_a0a={"warning": {"code": "UNREACHABLE", "message": "down"}}),
        "unreachables": ["projects/p/zones/a-a", "https://x/projects/p/zones/a-b"],
        "warning": {"code": "LIST_OVERHEAD_QUOTA_EXCEED", "message": "too much"},
    }
    assert Api(of={"aggregated/instances": [page]}).read()["incomplete"] == [
        {
            "what": "instances",
            "where": "projects/p",
            "why": "LIST_OVERHEAD_QUOTA_EXCEED: too much",
        },
        {"what": "instances", "where": "zones/a-a", "why": "the API could not reach it"},
        {"what": "instances", "where": "zones/a-b", "why": "the API could not reach it"},
    ]


@pytest.mark.parametrize("status", [403, 404])
def test_refused_list_is_a_gap(status) -> None:
    refused = GcpError("routers: not for you", status)
    found = Api(of={"aggregated/routers": [refused]}).read()
    assert found["routers"] == []
    gap = {"what": "routers", "where": "projects/p", "why": "routers: not for you"}
    assert found["incomplete"] == [gap]


@pytest.mark.parametrize("status", [0, 400, 401, 500])
def test_other_failures_are_errors(status) -> None:
    with pytest.raises(GcpError, match="broken"):
        Api(of={"aggregated/routers": [GcpError("broken", status)]}).read()


@pytest.mark.parametrize("status", [403, 404])
def test_refused_networks_are_an_error(status) -> None:
    with pytest.raises(GcpError, match="no such project"):
        Api(of={"global/networks": [GcpError("no such project", status)]}).read()


def test_effective_firewalls_are_read_once_for_each_network_and_region() -> None:
    shared = NET.format("host-project", "shared")
    vms = [instance("eu-a", "one", shared), instance("eu-b", "one"), instance("us-a", "one")]
    api = Api(
        of={"aggregated/instances": [aggregated(zones_x={"instances": vms * 50})]},
        **{EFFECTIVE.format("host-project", "eu"): [GcpError("not yours", 403)]},
        **{EFFECTIVE.format("p", "us"): [{"firewalls": ["rule"]}]},
    )
    found = api.read()
    one = NET.format("p", "one")
    assert found["effective_firewalls"] == [
        {"network": one, "region": "eu", "response": {}},
        {"network": one, "region": "us", "response": {"firewalls": ["rule"]}},
    ]
    where = "regions/eu/networks/shared"
    gap = {"what": "effective_firewalls", "where": where, "why": "not yours"}
    assert found["incomplete"] == [gap]
    assert len(api.requests) == len(COLLECTIONS) + 3
    assert api.requests[-1] == (EFFECTIVE.format("p", "us"), {"network": one})


def test_temporary_failure_of_effective_firewalls_is_an_error() -> None:
    scope = {"instances": [instance("eu-a", "one")]}
    with pytest.raises(GcpError, match="down"):
        Api(
            of={"aggregated/instances": [aggregated(zones_x=scope)]},
            **{EFFECTIVE.format("p", "eu"): [GcpError("down", 503)]},
        ).read()


def test_interface_without_a_network_is_in_no_region() -> None:
    assert (
        network_regions([{"zone": "x/eu-a"}, {"zone": "x/eu-a", "networkInterfaces": [{}]}])
        == set()
    )


@pytest.mark.parametrize("name", ["", "My Project", "a/b", "x" * 70, "p?fields=x", "-x"])
def test_invalid_project_id_is_refused(name) -> None:
    with pytest.raises(GcpError, match="is not the id of a project"):
        Collector(Api().get, name).read()


@pytest.mark.parametrize("name", ["shop-42", "123456789012", "example.com:shop"])
def test_project_ids_may_be_numbers_or_have_a_domain(name) -> None:
    assert Collector(Api().get, name).read()["project"] == name
