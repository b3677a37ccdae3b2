# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.admitted import admitted
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.audit.comparison import Comparison
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.project.document import read_project
from ansible_collections.peerlb.stack.plugins.module_utils._values.ranges import cidrs
from support import gcp_samples

ADMITTED_BY_STACK = {
    ("needed", "lb-http", "tcp:80"): "lb1",
    ("needed", "lb-mysql", "tcp:3306"): "lb1",
    ("needed", "vpc-lb-ssh", "tcp:22"): "lb1",
    ("needed", "web-http", "tcp:3000"): "web1 web2",
    ("needed", "vpc-web-ssh", "tcp:22"): "web1 web2",
    ("needed", "db-mysql", "tcp:3306"): "db1",
    ("needed", "vpc-db-ssh", "tcp:22"): "db1",
}


def admissions(document: dict) -> list[tuple]:
    """Return each admission with its finding, rule and service, by their names."""
    comparison = Comparison(gcp_samples.topology(), read_project(document))
    return [
        (kind, rule.name, str(service), admission)
        for (kind, (rule,)), admissions in admitted(comparison).items()
        for admission, services in admissions.items()
        for service in services
    ]


def test_rules_of_the_stack_admit_only_what_is_needed() -> None:
    found = admissions(gcp_samples.stack())
    assert {each[:3]: " ".join(each[3].hosts) for each in found} == ADMITTED_BY_STACK


def test_sources_are_divided_by_what_is_declared_of_them() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [gcp_samples.allow("vpc-db", "wide", "tcp:3306", "10.0.0.0/7")]
    found = {kind: cidrs(admission.sources) for kind, _rule, _service, admission in
             admissions(document)}  # fmt: skip
    assert found["needed"] == ["10.0.0.2/32"]  # the load balancer
    assert "10.0.128.0/17" in found["excess-nobody"]  # the rest of its network
    assert found["excess"][0] == "10.2.0.0/15"  # without 10.1.0.0/16, which is not peered
    assert set(found) == {"needed", "excess", "excess-nobody"}


def test_hosts_with_the_same_rules_and_flows_are_one_admission() -> None:
    document = gcp_samples.stack()
    document["firewalls"] = [gcp_samples.allow("vpc-web", "ping", "icmp", "10.0.0.0/16")]
    ((kind, _rule, _service, admission),) = admissions(document)
    assert (kind, admission.hosts) == ("excess-ping", ("web1", "web2"))
    assert (admission.network, admission.region) == (
        "acme/global/networks/vpc-web",
        "us-central1",
    )
