# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read IPv4 addresses and ranges that people wrote. No Ansible, no I/O."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from .entries import shown

IPv4Network = ipaddress.IPv4Network

# No host has an address in these: "this" network, loopback, link-local, multicast, broadcast. A
# cloud's network may use 240.0.0.0/4, although other equipment refuses it.
BROADCAST = IPv4Network("255.255.255.255/32")
RESERVED = (
    *map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4")),
    BROADCAST,
)


def parse_cidr(text: t.Any) -> IPv4Network:
    """Return the range that a text such as "10.0.0.0/16" means.

    "0.0.0.0/0" is one as well. A ValueError says what would be right: "10.0.0.1/16 has host bits
    set; write 10.0.0.0/16".
    """
    try:
        parsed = ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise ValueError(f"{shown(text)} is not an IPv4 range such as 10.0.0.0/16") from None
    if not isinstance(parsed, IPv4Network):
        raise ValueError(f"{text} is IPv6; write an IPv4 range such as 10.0.0.0/16")
    if "/" not in str(text):
        raise ValueError(f"{text} has no prefix length; write {text}/32 for one address")
    if str(text).split("/", 1)[0] != str(parsed.network_address):
        raise ValueError(f"{text} has host bits set; write {parsed}")
    if any(parsed.subnet_of(reserved) for reserved in RESERVED):
        raise ValueError(f"{text} is reserved: no host of a network has an address in it")
    return parsed


def parse_network_cidr(text: t.Any) -> IPv4Network:
    """Return a range that hosts of a network may have: parse_cidr() without reserved addresses."""
    parsed = parse_cidr(text)
    for reserved in RESERVED:
        # The last address of a range is no host's, so a range may end with the broadcast address.
        if parsed.overlaps(reserved) and reserved != BROADCAST:
            raise ValueError(f"{text} holds {reserved}, which is reserved; write a smaller range")
    return parsed


def parse_address(text: t.Any) -> str:
    """Return an IPv4 address as text; a ValueError says what would be right."""
    try:
        parsed = ipaddress.ip_address(re.sub(r"^\[(.*)\]$", r"\1", str(text)))
    except ValueError:
        raise ValueError(f"{shown(text)} is not an IPv4 address such as 10.0.0.2") from None
    if not isinstance(parsed, ipaddress.IPv4Address):
        raise ValueError(f"{text} is IPv6; write an IPv4 address such as 10.0.0.2")
    return str(parsed)


def is_address(text: t.Any) -> bool:
    """Tell whether parse_address() can read this."""
    try:
        parse_address(text)
    except ValueError:
        return False
    return True
