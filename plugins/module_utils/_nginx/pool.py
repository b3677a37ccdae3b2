# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members, pools and listeners, with all their settings and defaults. No Ansible, no I/O.

A new setting goes into a dataclass here, into `argument_spec.py` and into the documentation of the
module nginx_release; a test fails until the three agree.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter
from dataclasses import asdict, dataclass, replace

from .._values.addresses import parse_address, parse_cidr
from .._values.entries import (
    errors_at,
    line,
    misfit,
    one_of,
    parse_port,
    shown,
    typed,
    whole_number,
)
from .._values.protocols import LISTENER_PROTOCOLS
from .checks import PoolError, defaults_of, read_settings, seconds
from .health import Health

POOL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
STATES = ("up", "drain", "down")
METHODS = ("round_robin", "least_conn", "random", "ip_hash", "hash", "sticky")
RETRY_CONDITIONS = ("error", "timeout", "http_500", "http_502", "http_503", "http_504")
MAX_WEIGHT = 1000
# A constant key would send all requests to one member.
HASH_KEY = re.compile(r"(?=.*\$)(?:[\w./:-]|\$(?=[A-Za-z_]))+", re.ASCII)


@dataclass(frozen=True)
class Member:
    """A host of a pool and how nginx treats it: one server line of an upstream.

    Weight 0 and the states drain and down all mean that the member gets no new requests.
    max_conns 0 means no limit. fail_timeout is a time as nginx writes it, such as 10s.
    max_fails None depends on the protocol. http: 0, because nginx counts what one client asks for
    or one answer holds, and would leave the member out for all. tcp: 1 if other members serve too,
    because only a connection that was not accepted counts.
    """

    name: str
    address: str
    port: int
    weight: int = 1
    state: str = "up"
    backup: bool = False
    max_conns: int = 0
    max_fails: int | None = None
    fail_timeout: str = "10s"

    @classmethod
    def parse(cls, entry: t.Any, pool: str) -> Member:
        """Return the member that an entry describes; pool is the name to say in messages.

        {"name": "web1", "address": "10.1.0.2", "port": 3000} is the shortest entry. A PoolError
        names the member and the setting that is wrong.
        """
        name = entry.get("name") if isinstance(entry, t.Mapping) else entry
        with errors_at(f"pool {pool}, member {shown(name)}", PoolError):
            values = read_settings(cls, entry, ("name", "address", "port"))
            line("name", values["name"])
            values["address"] = parse_address(values["address"])
            values["port"] = parse_port(values["port"])
            tops = {"weight": MAX_WEIGHT, "max_conns": 1_000_000, "max_fails": 1000}
            for key, top in tops.items():
                if values[key] is not None:
                    values[key] = whole_number(key, values[key], 0, top)
            seconds("fail_timeout", values["fail_timeout"])
            one_of("state", values["state"], STATES)
            typed("backup", values["backup"], bool)
            return cls(**values)

    @property
    def serves(self) -> bool:
        """Tell whether nginx may send new requests to the member."""
        return self.state == "up" and self.weight > 0

    def render(self, unless_serving: str = "down") -> str:
        """Return the member's line: "server 10.1.0.2:3000 max_fails=0 fail_timeout=10s;  # web1".

        unless_serving: nginx's word for a member that does not serve, down or drain. nginx refuses
        weight=0, so a member of weight 0 is written as down.
        """
        words = [f"server {self.address}:{self.port}"]
        if self.serves and self.weight != 1:
            words.append(f"weight={self.weight}")
        if self.max_conns:
            words.append(f"max_conns={self.max_conns}")
        words += [f"max_fails={self.max_fails or 0}", f"fail_timeout={self.fail_timeout}"]
        if self.backup:
            words.append("backup")
        if not self.serves:
            words.append(unless_serving)
        return " ".join(words) + f";  # {self.name}"


# The settings that an inventory can give a member; the others follow from the flow to it.
MEMBER_SETTINGS = tuple(defaults_of(Member))


@dataclass(frozen=True)
class Pool:
    """Members, and how nginx balances to them: one upstream.

    Timeouts are times as nginx writes them: 500ms, 10s, 10m; a number alone means seconds.
    keepalive counts idle connections that each worker keeps open to the members. With fewer than
    the requests in flight, nginx closes connections and opens new ones all the time. slow_start is
    how long a member that comes back gets less than its share.
