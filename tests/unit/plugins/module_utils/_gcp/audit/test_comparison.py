# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.comparison import Comparison
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.rules.addresses import INTERNET
from ansible_collections.peerlb.stack.plugins.module_utils._values.addresses import IPv4Network
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import cidrs, minus, spans
from support import gcp_samples


def runs(*texts: str) -> list:
    return spans(map(IPv4Network, texts))


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(gcp_samples.topology(), read_project(gcp_samples.stack()))


def test_source_any_means_the_internet_and_networks_with_a_way(comparison) -> None:
    found = comparison.required_sources("any", "vpc-web")
    assert minus(found, INTERNET) == runs("10.0.0.0/15")
    assert cidrs(comparison.required_sources("vpc-lb", "vpc-web")) == ["10.0.0.0/16"]


def test_unpeered_network_is_an_impossible_source(comparison) -> None:
    never = comparison.impossible_sources("vpc-web")
    assert not minus(runs("10.2.0.0/16", "127.0.0.0/8"), never)
    assert minus(runs("10.0.0.0/16"), never) == runs("10.0.0.0/16")


def test_vms_within_a_range_are_named(comparison) -> None:
    assert comparison.vms_within(runs("10.1.0.0/16", "10.2.0.2/32")) == ["web1", "web2", "db1"]
    assert comparison.vms_within(runs("10.1.0.4/30")) == []


@pytest.mark.parametrize(
    ("place", "address", "aliases", "names"),
    [
        ("vpc-web", "10.1.7.7", [], ["x"]),
        ("vpc-web", "10.1.9.9", ["10.1.7.0/24"], ["x"]),
        ("vpc-web", "10.1.9.9", ["/24"], []),
        ("vpc-lb", "10.1.7.7", [], []),
        ("lonely", "10.1.7.7", ["10.1.7.8/32"], []),
    ],
)
def test_vms_count_only_within_their_declared_network(place, address, aliases, names) -> None:
    document = gcp_samples.stack()
    gcp_samples.add_network(document, "lonely", "10.1.0.0/16")
    own = gcp_samples.add_instance(document, "x", place, address)["networkInterfaces"][0]
    own["aliasIpRanges"] = [{"ipCidrRange": text} for text in aliases]
    comparison = Comparison(gcp_samples.topology(), read_project(document))
    assert comparison.vms_within(runs("10.1.7.0/24")) == names


def test_vms_of_a_shared_network_are_named() -> None:
    document = gcp_samples.stack()
    del document["networks"][1]
    for each in document["instances"]:
        own = each["networkInterfaces"][0]
        own["network"] = own["network"].replace("acme/global/networks/vpc-web", "host/g/vpc-web")
    comparison = Comparison(gcp_samples.topology(), read_project(document))
    assert comparison.vms_within(runs("10.1.0.0/16")) == ["web1", "web2"]


def test_attachments_have_the_declared_addresses(comparison) -> None:
    assert {
        name: attachment.nic.address for name, attachment in comparison.attachments.items()
    } == gcp_samples.ADDRESSES
