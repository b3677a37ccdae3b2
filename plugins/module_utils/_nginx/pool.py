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
from .member_tls import MemberTls

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
    how long a member that comes back gets less than its share. tls: how nginx speaks TLS to the
    members, None if it does not.
    """

    name: str
    members: tuple[Member, ...]
    method: str = "round_robin"
    hash_key: str = "$remote_addr"
    cookie: str = "peerlb_member"
    keepalive: int = 512
    connect_timeout: str = "1s"
    read_timeout: str = "60s"
    idle_timeout: str = "1h"
    retry_on: tuple[str, ...] = ("error", "timeout", "http_502", "http_503", "http_504")
    health: Health = Health()
    slow_start: str = "0s"
    tls: MemberTls | None = None

    @classmethod
    def parse(cls, entry: t.Any) -> Pool:
        """Return the pool that an entry describes.

        {"name": "webapp", "members": [{…}]} is the shortest entry. A PoolError names the pool, and
        the member or setting that is wrong.
        """
        name = entry.get("name") if isinstance(entry, t.Mapping) else entry
        with errors_at(f"pool {shown(name)}", PoolError):
            values = read_settings(cls, entry, ("name",))
            if not POOL_NAME.fullmatch(line("name", name)):
                raise ValueError("name is not letters, digits, '_', '.' or '-'")
            for key in ("hash_key", "cookie"):
                line(key, values[key])
            typed("members", values.setdefault("members", ()), list)
            values["keepalive"] = whole_number("keepalive", values["keepalive"], 0, 10_000)
            one_of("method", values["method"], METHODS)
            for key in ("connect_timeout", "read_timeout", "idle_timeout"):
                if not seconds(key, values[key]):  # nginx would give up at once
                    raise misfit(key, values[key], "a time of more than 0, such as 10s")
            seconds("slow_start", values["slow_start"])
            values["retry_on"] = tuple(
                one_of("retry_on", each, RETRY_CONDITIONS)
                for each in typed("retry_on", values["retry_on"], list)
            )
        if not isinstance(values["health"], Health):
            values["health"] = Health.parse(values["health"], str(name))
        if values["tls"] is not None and not isinstance(values["tls"], MemberTls):
            values["tls"] = MemberTls.parse(values["tls"], str(name))
        values["members"] = tuple(Member.parse(each, str(name)) for each in values["members"])
        pool = cls(**values)
        pool._refuse_contradictions()
        return pool

    def _refuse_contradictions(self) -> None:
        """Raise a PoolError if nginx would refuse the pool, or send all requests nowhere."""
        if not self.members:
            raise PoolError(f"pool {self.name}: has no members; is its group empty?")
        counts = Counter(self.member_names)
        twice = next((name for name in counts if counts[name] > 1), None)
        if twice:
            raise PoolError(f"pool {self.name}: member {twice} is named twice")
        if not self.serving:
            raise PoolError(f"pool {self.name}: no member is left to serve")
        hashed = self.method in ("ip_hash", "hash", "random")
        backup = next((member.name for member in self.members if member.backup), None)
        if hashed and backup:
            raise PoolError(
                f"pool {self.name}: method {self.method} cannot have a backup member ({backup});"
                " nginx allows backup with round_robin and least_conn"
            )
        if self.method == "hash" and not HASH_KEY.fullmatch(self.hash_key):
            raise PoolError(
                f"pool {self.name}: hash_key {self.hash_key} is not nginx variables such as"
                " $remote_addr"
            )
        if not re.fullmatch(r"\w+", self.cookie, re.ASCII):
            raise PoolError(f"pool {self.name}: cookie {self.cookie} is not a cookie name")

    @property
    def scheme(self) -> str:
        """The scheme by which nginx asks the members of a pool of http: "https" with TLS."""
        return "https" if self.tls else "http"

    @property
    def member_names(self) -> list[str]:
        """Return the names of the members in their order."""
        return [member.name for member in self.members]

    @property
    def serving(self) -> list[Member]:
        """Return the members that get new requests, backups among them."""
        return [member for member in self.members if member.serves]

    @property
    def has_last_resort(self) -> bool:
        """Tell whether nginx needs another upstream for when all members count as failed.

        It does if members can count as failed at all. There is none where a member has a limit:
        nginx would turn to it when all members are full as well, and it counts connections by
        upstream, so that the limit would be doubled.
        """
        judged = any(member.max_fails for member in self.members)
        return judged and not any(member.max_conns for member in self.members)

    @property
    def in_turn(self) -> bool:
        """Tell whether nginx takes turns by weight, and counts no connections to do so."""
        limited = any(member.max_conns for member in self.members)
        return self.method in ("round_robin", "sticky") and not limited

    def keeps_sessions(self, member: Member) -> bool:
        """Tell whether a member that gets no new clients goes on serving who holds its cookie."""
        return self.method == "sticky" and member.state == "drain"

    def with_members(self, changes: t.Mapping[str, t.Mapping[str, t.Any]]) -> Pool:
        """Return the pool with settings of some members replaced: {"web1": {"weight": 3}}.

        A PoolError says that no member is left to serve.
        """
        pool = replace(
            self, members=tuple(replace(m, **changes.get(m.name, {})) for m in self.members)
        )
        pool._refuse_contradictions()
        return pool

    def params(self) -> dict[str, t.Any]:
        """Return the pool with every setting as a dictionary, from which parse() makes it again."""
        # asdict() copies each value of each member, which is most of the work with 5,000 members.
        members = tuple(dict(vars(each)) for each in self.members)
        return {**asdict(replace(self, members=())), "members": members}


@dataclass(frozen=True)
class Listener:
    """A port on which nginx accepts connections, and the name of the pool that they go to.

    An empty address means every address of the host. allow: the ranges of the clients that are
    admitted; () admits everybody. tls: whether clients begin with a handshake of TLS. routes: the
    names of further pools, to which a URL map leads.
    """

    port: int
    pool: str
    protocol: str = "http"
    address: str = ""
    allow: tuple[str, ...] = ()
    tls: bool = False
    routes: tuple[str, ...] = ()

    @property
    def pools(self) -> tuple[str, ...]:
        """All pools that requests or connections may go to, each once."""
        return tuple(dict.fromkeys((self.pool, *self.routes)))

    @classmethod
    def parse(cls, entry: t.Any, pools: t.Iterable[str]) -> Listener:
        """Return the listener that an entry describes; pools are the names that it can lead to.

        {"port": 80, "pool": "webapp"} is the shortest entry. A PoolError names the listener, and
        the setting that is wrong.
        """
        port = entry.get("port") if isinstance(entry, t.Mapping) else entry
        known = list(pools)
        with errors_at(f"listener {shown(port)}", PoolError):
            values = read_settings(cls, entry, ("port", "pool"))
            values["port"] = parse_port(values["port"])
            if values["address"] != "":
                values["address"] = parse_address(values["address"])
            one_of("protocol", values["protocol"], LISTENER_PROTOCOLS)
            if typed("tls", values["tls"], bool) and values["protocol"] != "http":
                raise ValueError(f"tls needs protocol http; {values['protocol']} passes it through")
            allow = typed("allow", values["allow"], list)
            values["allow"] = tuple(str(parse_cidr(each)) for each in allow)
            values["routes"] = tuple(typed("routes", values["routes"], list))
            if values["routes"] and values["protocol"] != "http":
                raise ValueError(f"routes needs protocol http, and not {values['protocol']}")
            for pool in (values["pool"], *values["routes"]):
                if pool not in known:
                    text = f"no pool is named {shown(pool)}; declared: {', '.join(known)}"
                    raise ValueError(text)
            return cls(**values)
