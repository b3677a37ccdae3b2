# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from support import gcp_samples
from support.gcp_samples import allow, deny, found

IDS = ("way-blocked", "way-http-blocked", "way-undecided")
SHUT = deny(
    "vpc-db", "shut", "all", direction="EGRESS", priority=65000, destinationRanges=["0.0.0.0/0"]
)


def out(service: str, *ranges: str) -> dict:
    """Return an egress rule that allows a service from db1 to these ranges."""
    name = service.replace(":", "-") + "-out"
    return allow("vpc-db", name, service, direction="EGRESS", destinationRanges=list(ranges))


def test_egress_rule_blocks_the_way() -> None:
    document = gcp_samples.stack()
    rule = deny("vpc-db", "out", "tcp:443", direction="EGRESS", destinationRanges=["0.0.0.0/0"])
    document["firewalls"].append(rule)
    (finding,) = found(document)
    assert (finding["id"], finding["object"]) == ("way-blocked", "db1")
    assert finding["explanation"] == (
        "to the internet on tcp:443 it is closed by out (VPC firewall rule, priority 1000)"
    )
    assert "--direction=EGRESS" in finding["command"]


@pytest.mark.parametrize(
    ("rules", "kinds"),
    [
        ([], []),
        ([SHUT], ["way-blocked"]),
        ([SHUT, out("tcp:443", "0.0.0.0/0")], ["way-http-blocked"]),
        ([SHUT, out("tcp:80", "0.0.0.0/0")], ["way-blocked"]),
        ([SHUT, out("tcp:80,443", "0.0.0.0/0")], []),
    ],
)
def test_way_is_blocked_by_closed_ports_443_and_80(rules, kinds) -> None:
    document = gcp_samples.stack()
    document["firewalls"] += rules
    assert [each["id"] for each in found(document, *IDS)] == kinds


def test_closed_port_80_is_a_warning_with_its_reason() -> None:
    document = gcp_samples.stack()
    document["firewalls"] += [SHUT, out("tcp:443", "0.0.0.0/0")]
    (finding,) = found(document, *IDS)
    assert (finding["severity"], finding["object"]) == ("warning", "db1")
    assert finding["explanation"] == (
        "to the internet on tcp:80 it is closed by shut (VPC firewall rule, priority 65000);"
        " many package sources use http"
    )
    assert "--rules=tcp:80 " in finding["command"]


PRIVATE, RESTRICTED = "199.36.153.8/30", "199.36.153.4/30"


@pytest.mark.parametrize(
    ("rules", "route", "kind"),
    [
        ([], "0.0.0.0/0", ""),
        ([SHUT], "0.0.0.0/0", "way-blocked"),
        ([SHUT, out("tcp:443", PRIVATE)], "0.0.0.0/0", ""),
        ([SHUT, out("tcp:443", RESTRICTED)], "0.0.0.0/0", ""),
        ([SHUT, out("tcp:443", "142.250.0.0/15")], "0.0.0.0/0", "way-undecided"),
        ([SHUT, out("tcp:443", RESTRICTED)], RESTRICTED, ""),
        ([SHUT, out("tcp:443", RESTRICTED)], PRIVATE, "way-blocked"),
        ([SHUT, out("tcp:443", "142.250.0.0/15")], PRIVATE, "way-blocked"),
    ],
)
def test_way_to_google_needs_one_of_its_ranges(rules, route, kind) -> None:
    document = gcp_samples.stack()
    document["routers"].pop()
    document["subnetworks"][2]["privateIpGoogleAccess"] = True
    document["routes"][2]["destRange"] = route
    document["firewalls"] += rules
    findings = found(document, *IDS)
    assert [each["id"] for each in findings] == ([kind] if kind else [])
    if kind == "way-blocked":
        (finding,) = findings
        assert finding["explanation"].startswith(f"to {PRIVATE} on tcp:443 it is closed by shut")
        assert f"--destination-ranges={PRIVATE}" in finding["command"]


def test_rules_of_the_first_interface_decide() -> None:
    document = gcp_samples.stack()
    gcp_samples.add_network(document, "vpc-mgmt", "10.9.0.0/16")
    lb1 = document["instances"][0]
    first = {"network": gcp_samples.network("vpc-mgmt"), "networkIP": "10.9.0.5"}
    lb1["networkInterfaces"].insert(0, {**first, "accessConfigs": [{"natIP": "198.51.100.9"}]})
    document["firewalls"].append({**SHUT, "network": gcp_samples.network("vpc-mgmt")})
    (finding,) = found(document, *IDS)
    assert (finding["id"], finding["object"]) == ("way-blocked", "lb1")
    assert "--network=vpc-mgmt " in finding["command"]
    assert "--source-ranges=10.9.0.5/32 " in finding["command"]
