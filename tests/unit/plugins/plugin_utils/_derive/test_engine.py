# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._topology.values import TopologyError
from ansible_collections.peerlb.stack.plugins.plugin_utils._derive.engine import (
    declared_ranges,
    engine_networks,
    overlaps,
    taken_ranges,
    used_ranges,
    written_ranges,
)
from hypothesis import given
from hypothesis import strategies as st


def ranges(*cidrs: str):
    return [(ipaddress.IPv4Network(cidr), "network vpc") for cidr in cidrs]


def test_defaults_stay_where_nothing_overlaps() -> None:
    assert engine_networks(ranges("10.0.0.0/8", "172.16.0.0/16", "35.235.240.0/20")) == {}


@pytest.mark.parametrize(
    ("taken", "bip", "first", "count"),
    [
        ("172.17.4.0/24", "172.18.0.1/16", "172.19.0.0/16", 14),
        ("172.20.0.0/16", None, "172.17.0.0/16", 15),
        ("172.16.0.0/12", "192.168.0.1/20", "10.255.0.0/16", 2),
        ("192.168.0.0/16", None, "172.17.0.0/16", 15),
    ],
)
def test_networks_keep_off_what_is_declared(taken, bip, first, count) -> None:
    settings = engine_networks(ranges(taken))
    assert settings.get("bip") == bip
    pools = settings["default-address-pools"]
    assert (pools[0]["base"], len(pools)) == (first, count)


@given(
    st.lists(
        st.builds(
            lambda number, prefix: str(ipaddress.IPv4Network((number, prefix), strict=False)),
            st.integers(0xAC100000, 0xAC200000) | st.integers(0, 2**32 - 1),
            st.integers(4, 32),
        ),
        max_size=5,
    )
)
def test_what_is_derived_never_overlaps(cidrs) -> None:
    declared = ranges(*cidrs)
    settings = engine_networks(declared)
    bases = [taken for taken, _what in taken_ranges(settings)]
    assert not any(taken.overlaps(cidr) for taken in bases for cidr, _owner in declared)
    assert not any(a.overlaps(b) for at, a in enumerate(bases) for b in bases[:at])


def test_nothing_left_is_said() -> None:
    with pytest.raises(TopologyError, match="no private range for Docker"):
        engine_networks(ranges("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))


def test_ranges_are_those_of_networks_management_and_flows(stack) -> None:
    stack.flow("172.16.0.0/12", "nginx_lb", 81)
    stack.flow("0.0.0.0/0", "nginx_lb", 82)
    owners = {str(cidr): owner for cidr, owner in declared_ranges(stack.parse())}
    assert owners == {
        "10.0.0.0/16": "network vpc-lb",
        "10.1.0.0/16": "network vpc-web",
        "10.2.0.0/16": "network vpc-db",
        "35.235.240.0/20": "management 35.235.240.0/20 -> 22",
        "172.16.0.0/12": "flow 172.16.0.0/12 -> nginx_lb:81 (tcp)",
    }


def test_settings_of_the_inventory_are_judged() -> None:
    declared = ranges("10.9.0.0/16")
    assert overlaps({"bip": "10.8.0.1/16", "default-address-pools": []}, declared) == []
    (problem,) = overlaps({"bip": "10.9.3.1/24"}, declared)
    assert "bip: 10.9.3.0/24 overlaps 10.9.0.0/16 of network vpc" in problem
    (problem,) = overlaps({"default-address-pools": [{"base": "10.0.0.0/8", "size": 24}]}, declared)
    assert "default-address-pools: 10.0.0.0/8 overlaps" in problem


@pytest.mark.parametrize(
    "config",
    [5, [], {"bip": 5}, {"bip": "x"}, {"default-address-pools": 5}, {"default-address-pools": [5]}]
    + [{"default-address-pools": [{"base": "x", "size": 24}]}]
    + [{"default-address-pools": [{"base": "10.0.0.0/8", "size": "x"}]}]
    # The engine does not start with these.
    + [{"default-address-pools": [{"base": "172.30.0.0/16", "size": 15}]}]
    + [{"bip": "172.30.0.1"}, {"bip": "172.30.0.0/16"}, {"bip": "172.30.255.255/16"}]
    + [{"bip": "172.30.0.1/32"}, {"fixed-cidr": "172.30.0.1/16"}],
)
def test_settings_that_make_no_sense_are_refused(config) -> None:
    with pytest.raises(ValueError, match="^docker_daemon_config: "):
        overlaps(config, ranges("172.17.0.0/16"))


def test_ranges_as_they_were_written_give_the_same_settings(stack) -> None:
    stack.topology["networks"][1]["cidrs"].append("172.17.0.0/20")
    stack.flow("172.20.0.0/16", "nginx_lb", 81)
    found = engine_networks(written_ranges(stack.topology))
    assert found == engine_networks(declared_ranges(stack.parse()))
    assert found["bip"] == "172.18.0.1/16"


@pytest.mark.parametrize(
    "declaration", [None, 5, {}, {"networks": [5, {"cidrs": None}, {"cidrs": ["x/y", None]}]}]
)
def test_what_is_no_declaration_changes_nothing(declaration) -> None:
    assert engine_networks(written_ranges(declaration)) == {}


@pytest.mark.parametrize("config", [{"default-address-pools": []}, {"fixed-cidr": "172.19.4.0/24"}])
def test_every_range_that_the_engine_takes_is_judged(config) -> None:
    (problem,) = overlaps({"bip": "10.8.0.1/16", **config}, ranges("172.19.0.0/16"))
    assert f"{next(iter(config))}: 172.19." in problem


USED = {
    "docker_registry_mirrors": ["http://172.17.0.9:5000"],
    "docker_apt_repository": "https://172.18.0.9/linux",
    "nginx_lb_trusted_proxies": ["172.19.0.0/24", "10.0.0.1"],
    "webapp_image": "172.20.0.9:5000/shop:1.2.3.4.5",
    "docker_daemon_config": {"bip": "172.21.0.1/16", "dns": ["172.22.0.53"]},
    "webapp_environment": {"ELSEWHERE": "172.23.0.1"},
}


def test_networks_keep_off_what_the_host_has_to_reach() -> None:
    found = {str(cidr): owner for cidr, owner in used_ranges(USED)}
    assert found == {
        "172.17.0.9/32": "docker_registry_mirrors",
        "172.18.0.9/32": "docker_apt_repository",
        "172.19.0.0/24": "nginx_lb_trusted_proxies",
        "10.0.0.1/32": "nginx_lb_trusted_proxies",
        "172.20.0.9/32": "webapp_image",
        "172.22.0.53/32": "docker_daemon_config dns",
    }
    assert engine_networks(used_ranges(USED))["bip"] == "172.21.0.1/16"
    (problem,) = overlaps({"bip": "172.17.0.1/24"}, used_ranges(USED))
    assert "bip: 172.17.0.0/24 overlaps 172.17.0.9/32 of docker_registry_mirrors" in problem


@pytest.mark.parametrize(
    "used",
    [None, 5, {}, {"docker_registry_mirrors": None, "docker_daemon_config": []}]
    + [{"docker_registry_mirrors": ["http://127.0.0.1:5000", "https://999.1.1.1", "0.0.0.0/0"]}],
)
def test_what_names_no_address_is_passed_over(used) -> None:
    assert used_ranges(used) == []
