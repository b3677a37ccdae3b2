# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read IPv4 addresses and ranges that people wrote. No Ansible, no I/O."""

from __future__ import annotations

import ipaddress
import typing as t

IPv4Network = ipaddress.IPv4Network


# "this" network, loopback, link-local, multicast and what lies above
RESERVED = tuple(
    IPv4Network(text)
    for text in ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")
)


def parse_cidr(text: t.Any) -> IPv4Network:
    """Read an IPv4 range; the ValueError says what would be right."""
    try:
        parsed = ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        raise ValueError(f"{text} is not an IPv4 range such as 10.0.0.0/16") from None
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
    """Read a range for hosts of a network; the ValueError says what would be right."""
    parsed = parse_cidr(text)
    for reserved in RESERVED:
        if parsed.overlaps(reserved):
            raise ValueError(f"{text} holds {reserved}, which is reserved; write a smaller range")
    return parsed


def parse_address(text: t.Any) -> str:
    """Read an IPv4 address; the ValueError says what would be right."""
    try:
        parsed = ipaddress.ip_address(str(text))
    except ValueError:
        raise ValueError(f"{text} is not an IPv4 address such as 10.0.0.2") from None
    if not isinstance(parsed, ipaddress.IPv4Address):
        raise ValueError(f"{text} is IPv6; write an IPv4 address such as 10.0.0.2")
    return str(parsed)


def is_address(text: t.Any) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True
