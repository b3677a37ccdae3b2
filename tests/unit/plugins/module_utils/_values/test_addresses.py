# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._values import addresses


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("10.0.0.0", "10.0.0.0 has no prefix length; write 10.0.0.0/32 for one address"),
        ("10.0.0.1/16", "10.0.0.1/16 has host bits set; write 10.0.0.0/16"),
        ("10.0.0.0/33", "10.0.0.0/33 is not an IPv4 range such as 10.0.0.0/16"),
        ("fd00::/8", "fd00::/8 is IPv6; write an IPv4 range such as 10.0.0.0/16"),
        ("db.example.com", "db.example.com is not an IPv4 range such as 10.0.0.0/16"),
        ("127.0.0.0/8", "127.0.0.0/8 is reserved: no host of a network has an address in it"),
        ("224.0.0.5/32", "224.0.0.5/32 is reserved: no host of a network has an address in it"),
        ("255.255.255.255/32", "255.255.255.255/32 is reserved: no host of a network has an"),
        ("10.0.0.0/8\n", "'10.0.0.0/8\\n' is not an IPv4 range such as 10.0.0.0/16"),
        (None, "None is not an IPv4 range such as 10.0.0.0/16"),
    ],
)
def test_range_is_refused(text, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        addresses.parse_cidr(text)
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "0.0.0.0/0", "10.0.0.2/32", "10.1.0.0/255.255.0.0"])
def test_range_is_read(text) -> None:
    assert addresses.parse_cidr(text) == addresses.IPv4Network(text)


@pytest.mark.parametrize("text", ["240.0.0.0/4", "240.10.0.0/16", "255.0.0.0/8", "10.0.0.0/8"])
def test_range_of_a_network_may_be_what_clouds_allow(text) -> None:
    # Google's list of valid ranges for subnets has 240.0.0.0/4.
    assert str(addresses.parse_network_cidr(text)) == text


@pytest.mark.parametrize(
    "text",
    ["0.0.0.0/8", "127.0.0.0/16", "169.254.0.0/24", "224.0.0.0/4", "239.1.0.0/16", "224.0.0.0/3"],
)
def test_range_of_a_network_is_one_that_hosts_can_have(text) -> None:
    with pytest.raises(ValueError, match="reserved"):
        addresses.parse_network_cidr(text)


def test_range_of_a_network_holds_no_reserved_address() -> None:
    with pytest.raises(ValueError, match="0.0.0.0/0 holds 0.0.0.0/8, which is reserved"):
        addresses.parse_network_cidr("0.0.0.0/0")
    assert str(addresses.parse_network_cidr("10.0.0.0/8")) == "10.0.0.0/8"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("fd00::1", "fd00::1 is IPv6; write an IPv4 address such as 10.0.0.2"),
        ("web1.example.com", "web1.example.com is not an IPv4 address such as 10.0.0.2"),
        ("10.0.0.2/32", "10.0.0.2/32 is not an IPv4 address such as 10.0.0.2"),
        (None, "None is not an IPv4 address such as 10.0.0.2"),
        (3, "3 is not an IPv4 address such as 10.0.0.2"),
    ],
)
def test_address_is_refused(text, complaint) -> None:
    with pytest.raises(ValueError) as caught:
        addresses.parse_address(text)
    assert str(caught.value) == complaint
    assert not addresses.is_address(text)
