# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pool, its members and a listener are, and how nginx is told. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import asdict, dataclass, replace

from .._values.addresses import parse_address
from .._values.entries import errors_at, one_of, parse_port, typed, whole_number
from .._values.protocols import LISTENER_PROTOCOLS
from .checks import PoolError, defaults_of, read_settings, seconds

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
STATES = ("up", "drain", "down")
METHODS = ("round_robin", "least_conn", "random", "ip_hash", "hash", "sticky")
RETRY_CONDITIONS = ("error", "timeout", "http_500", "http_502", "http_503", "http_504")
MAX_WEIGHT = 1000


@dataclass(frozen=True)
class Member:
    """One host in a pool. Weight 0, as the states drain and down, means no new requests."""

    name: str
    address: str
    port: int
    weight: int = 1
    state: str = "up"
    backup: bool = False
    max_conns: int = 0
    max_fails: int = 1
    fail_timeout: str = "10s"

    @classmethod
    def parse(cls, entry: t.Any, pool: str) -> Member:
        name = entry.get("name") if isinstance(entry, t.Mapping) else entry
        with errors_at(f"pool {pool}, member {name}", PoolError):
            values = read_settings(cls, entry, ("name", "address", "port"))
            values["address"] = parse_address(values["address"])
            values["port"] = parse_port(values["port"])
            tops = {"weight": MAX_WEIGHT, "max_conns": 1_000_000, "max_fails": 1000}
            for key, top in tops.items():
                values[key] = whole_number(key, values[key], 0, top)
            seconds("fail_timeout", values["fail_timeout"])
            one_of("state", values["state"], STATES)
            typed("backup", values["backup"], bool)
            return cls(**values)

    @property
    def serves(self) -> bool:
        return self.state == "up" and self.weight > 0

    def render(self) -> str:
        """Return the server line. Weight 0 is down: nginx refuses weight=0."""
        words = [f"server {self.address}:{self.port}"]
        if self.serves and self.weight != 1:
            words.append(f"weight={self.weight}")
        if self.max_conns:
            words.append(f"max_conns={self.max_conns}")
        words += [f"max_fails={self.max_fails}", f"fail_timeout={self.fail_timeout}"]
        if self.backup:
            words.append("backup")
        if not self.serves:
            words.append("down")
        return " ".join(words) + f";  # {self.name}"


# The settings that an inventory can give a member; the others follow from the flow to it.
MEMBER_SETTINGS = tuple(defaults_of(Member))


@dataclass(frozen=True)
class Pool:
    """What a listener balances to. Times are nginx's: 500ms, 10s, 10m."""

    name: str
    members: tuple[Member, ...]
    method: str = "round_robin"
    hash_key: str = "$remote_addr"
    cookie: str = "peerlb_member"
    keepalive: int = 64
    connect_timeout: str = "1s"
    read_timeout: str = "60s"
    idle_timeout: str = "1h"
    retry_on: tuple[str, ...] = ("error", "timeout", "http_502", "http_503", "http_504")

    @classmethod
    def parse(cls, entry: t.Any) -> Pool:
        name = entry.get("name") if isinstance(entry, t.Mapping) else entry
        with errors_at(f"pool {name}", PoolError):
            values = read_settings(cls, entry, ("name",))
            if not NAME.fullmatch(str(name)):
                raise ValueError("name is not letters, digits, '_', '.' or '-'")
            values["keepalive"] = whole_number("keepalive", values["keepalive"], 0, 10_000)
            one_of("method", values["method"], METHODS)
            for key in ("connect_timeout", "read_timeout", "idle_timeout"):
                seconds(key, values[key])
            values["retry_on"] = tuple(
                one_of("retry_on", each, RETRY_CONDITIONS)
                for each in typed("retry_on", values["retry_on"], list)
            )
        members = values.get("members", ())
        values["members"] = tuple(Member.parse(member, str(name)) for member in members)
        pool = cls(**values)
        pool._refuse_nonsense()
        return pool

    def _refuse_nonsense(self) -> None:
        if not self.members:
            raise PoolError(f"pool {self.name}: has no members; is its group empty?")
        names = self.member_names
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise PoolError(f"pool {self.name}: member {twice} is named twice")
        if not any(member.serves for member in self.members):
            raise PoolError(f"pool {self.name}: no member is left to serve")
        hashed = self.method in ("ip_hash", "hash", "random")
        backup = next((member.name for member in self.members if member.backup), None)
        if hashed and backup:
            raise PoolError(
                f"pool {self.name}: method {self.method} can not have a backup member ({backup});"
                " nginx allows backup with round_robin and least_conn"
            )
        if self.method == "hash" and not re.fullmatch(r"[\w$./:-]+", self.hash_key):
            raise PoolError(f"pool {self.name}: hash_key {self.hash_key} is not nginx variables")
        if not re.fullmatch(r"\w+", self.cookie):
            raise PoolError(f"pool {self.name}: cookie {self.cookie} is not a cookie name")

    @property
    def member_names(self) -> list[str]:
        """Return the names of the members in their order."""
        return [member.name for member in self.members]

    @property
    def limited(self) -> bool:
        """Tell whether a member takes a limited number of connections."""
        return any(member.max_conns for member in self.members)

    def with_members(self, changes: t.Mapping[str, t.Mapping[str, t.Any]]) -> Pool:
        """Return the pool with some settings of some members replaced."""
        pool = replace(
            self, members=tuple(replace(m, **changes.get(m.name, {})) for m in self.members)
        )
        pool._refuse_nonsense()
        return pool

    def params(self) -> dict[str, t.Any]:
        """Return what parse() reads."""
        return asdict(self)


@dataclass(frozen=True)
class Listener:
    """What the load balancer accepts, and the pool it balances to."""

    port: int
    pool: str
    protocol: str = "http"
    address: str = ""

    @classmethod
    def parse(cls, entry: t.Any, pools: t.Iterable[str]) -> Listener:
        port = entry.get("port") if isinstance(entry, t.Mapping) else entry
        known = list(pools)
        with errors_at(f"listener {port}", PoolError):
            values = read_settings(cls, entry, ("port", "pool"))
            values["port"] = parse_port(values["port"])
            if values["address"]:
                values["address"] = parse_address(values["address"])
            one_of("protocol", values["protocol"], LISTENER_PROTOCOLS)
            if values["pool"] not in known:
                text = f"no pool is named {values['pool']}; declared: {', '.join(known)}"
                raise ValueError(text)
            return cls(**values)
