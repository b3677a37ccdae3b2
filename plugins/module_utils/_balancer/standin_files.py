# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of a release in which stand-ins take the place of members. No Ansible, no I/O.

What is tested by it is the URL map: which server, route, redirect or answer a request gets. So the
copy has no TLS, no gatekeeper, no bans and no maintenance, admits everybody, and writes no logs. A
web application firewall lets everything pass: who would ask it asks nginx's inner server.
Listeners are unix sockets, and so is each stand-in, which tells what it was asked.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .._nginx.checks import PoolError
from .._nginx.syntax import Directive, read_directives, unquoted, write_directives
from .._release.release import COMPOSE_FILE, SECRETS
from .nginx_release import STATE
from .standin_servers import (
    ELSEWHERE,
    PORT,
    SCHEME,
    by_listener,
    by_socket,
    route_header,
    server,
    undefined,
)

MAINS = ("nginx-http.conf", "nginx.conf")  # the first one that a release has serves http
# Emptied: who is refused is no matter of the URL map, and the status port is not needed.
EMPTIED = ("acme.conf", "live.conf", "live-pools.conf", "status.conf", "tls.conf", "guard/")
# Never needed to answer a request, and secrets stay where they are.
LEFT_OUT = ("agent/", "units/", SECRETS, COMPOSE_FILE, STATE)

# The file with the upstream of the web application firewall, and the inner server that it asks.
FIREWALL_FILE, FIREWALL = "waf.conf", "peerlb_waf"

AT_THE_TOP = (
    *("daemon", "master_process", "worker_processes", "worker_rlimit_nofile", "worker_priority"),
    *("worker_cpu_affinity", "user", "pid", "lock_file", "error_log", "stream", "mail"),
)
DROPPED = re.compile(
    r"(proxy_|grpc_|uwsgi_)?ssl_\w+|http[23](_\w+)?|quic_\w+|ssl|\w+_temp_path|access_log|error_log"
    r"|log_format|allow|deny|limit_req|limit_conn"
)
TABLES = ("map", "geo", "split_clients", "types")
PASS = re.compile(r"""(?P<quote>["']?)https?://(?P<place>[^/"'?]+)(?P<rest>.*)""", re.DOTALL)


@dataclass(frozen=True)
class Places:
    """The directories of the copy as its nginx sees them: files, sockets, and what it may write."""

    files: str
    sockets: str
    scratch: str


@dataclass(frozen=True)
class Listening:
    """A listener of the copy: its port, whether it is one of TLS, and the name of its socket."""

    port: int
    tls: bool
    socket: str


@dataclass
class Copy:
    """The files of the copy by path, the first of which nginx reads, and its listeners."""

    main: str
    files: dict[str, str] = field(default_factory=dict)
    listeners: list[Listening] = field(default_factory=list)


def stand_in_copy(files: t.Mapping[str, str], places: Places) -> Copy:
    """Return the copy of a release's files; a PoolError says that one of them cannot be read."""
    return _Copying(files, places).copy()


class _Copying:
    """The state of one copy, while it is made."""

    def __init__(self, files: t.Mapping[str, str], places: Places) -> None:
        self._files, self._places = files, places
        self._sockets: dict[str, Listening] = {}
        self._upstreams: list[str] = []
        self._read = self._included()
        for directives in self._read.values():
            self._upstreams += [
                each.values()[0]
                for each in _every(directives)
                if each.name == "upstream" and each.block is not None
            ]
        self._elsewhere: list[str] = []

    @property
    def _main(self) -> str:
        found = [path for path in MAINS if path in self._files]
        if not found:
            raise PoolError("nginx.conf is missing in the release")
        return found[0]

    def _directives(self, path: str) -> list[Directive]:
        return [] if path.startswith(EMPTIED) else read_directives(self._files[path], path)

    def _included(self) -> dict[str, list[Directive]]:
        """Return the directives of the files that nginx reads, by path, the first one first."""
        found: dict[str, list[Directive]] = {}
        waiting = [self._main]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found[path] = self._directives(path)
            for each in _every(found[path]):
                if each.name == "include":
                    waiting += self._matching(each.values()[0])
        return found

    def _matching(self, pattern: str) -> list[str]:
        depth = pattern.count("/")
        same = [path for path in self._files if path.count("/") == depth]
        return [p for p in same if fnmatchcase(p, pattern) and not p.startswith(SECRETS)]

    def copy(self) -> Copy:
        """Return the copy."""
        made = {path: self._written(path) for path in self._read}
        others = {
            path: text
            for path, text in self._files.items()
            if path not in made and not path.startswith(LEFT_OUT)
        }
        made["standins.conf"] = self._standins("\n".join(made.values()))
        outer = [each for each in self._sockets.values() if each.socket != self._inner]
        return Copy(self._main, {**others, **made}, outer)

    @property
    def _inner(self) -> str:
        """Return the socket of the server that the web application firewall asks, or ""."""
        found = _every(self._read.get(FIREWALL_FILE, ()))
        return next((_socket(each.values()[0])[0] for each in found if each.name == "listen"), "")

    def _written(self, path: str) -> str:
        if path != self._main:
            return write_directives(self._changed(self._read[path]))
        kept = [each for each in self._read[path] if each.name not in AT_THE_TOP]
        scratch = self._places.scratch
        top = [
            *("daemon off", "master_process off", "user root", f"pid {scratch}/pid"),
            f"error_log {scratch}/error.log",
        ]
        first = [Directive(tuple(each.split(" ", 1))) for each in top]
        return write_directives([*first, *self._changed(kept)])

    def _changed(self, directives: t.Iterable[Directive]) -> list[Directive]:
        """Return directives as the copy has them."""
        found: list[Directive] = []
        for each in directives:
            found += self._one(each)
        return found

    def _one(self, each: Directive) -> list[Directive]:
        name = each.name
        if name == "ssl_reject_handshake" and each.values() == ["on"]:
            return [Directive(("return", "444"))]
        if DROPPED.fullmatch(name):
            return []
        if name == "listen":
            return self._listen(each)
        if name == "upstream":
            return [Directive(each.words, (self._standin(each.values()[0]),))]
        if name == "geo" and each.values()[-1].startswith("$peerlb_admitted"):
            everybody = (Directive(("default", "1")),)
            return [Directive(("map", '""', each.words[-1]), everybody)]
        if name == "proxy_pass":
            return [Directive((name, self._passed(each.words[1])))]
        words = tuple(by_socket(word) for word in each.words)
        if name in TABLES and each.block is not None:  # a key in it may be named as a directive is
            return [Directive(words, each.block)]
        if name == "add_header":  # takes the place of all those further out
            return [route_header(), Directive(words)]
        if each.block is None:
            return [Directive(words)]
        return [Directive(words, (*self._beginning(name), *self._changed(each.block)))]

    def _beginning(self, name: str) -> list[Directive]:
        """Return what the copy has at the beginning of a block besides."""
        if name == "server":
            return [route_header()]
        if name != "http":
            return []
        bodies = [f"{each}_temp_path" for each in ("client_body", "proxy", "fastcgi", "uwsgi")]
        paths = [*bodies, "scgi_temp_path"]
        return [
            *(Directive((each, f"{self._places.scratch}/{each}")) for each in paths),
            Directive(("access_log", "off")),
            Directive(("include", "standins.conf")),
        ]

    def _listen(self, listen: Directive) -> list[Directive]:
        """Return the unix socket in place of a port; of HTTP/3 there is none."""
        address, *options = listen.values()
        if "quic" in options or address.startswith("unix:"):
            return []
        name, port = _socket(address)
        tls = "ssl" in options or self._sockets.get(name, Listening(0, False, "")).tls
        self._sockets[name] = Listening(port, tls, name)
        kept = [each for each in options if each == "default_server"]
        return [Directive(("listen", f"unix:{self._places.sockets}/{name}", *kept))]

    def _standin(self, upstream: str) -> Directive:
        if upstream == FIREWALL and self._inner:
            return Directive(("server", f"unix:{self._places.sockets}/{self._inner}"))
        number = self._upstreams.index(upstream)
        return Directive(("server", f"unix:{self._places.sockets}/{number}.standin"))

    def _passed(self, word: str) -> str:
        """Return where a request is passed: to a stand-in without TLS, whoever was meant."""
        word = by_socket(word)
        match = PASS.fullmatch(word)
        if not match or "unix:" in word:
            return word
        place = match["place"]
        if "$" not in place and place not in self._upstreams:
            place = self._other(place)
        return f"{match['quote']}http://{place}{match['rest']}"

    def _other(self, place: str) -> str:
        """Return the name of an upstream for a host that is none: nobody asks DNS for it."""
        if place not in self._elsewhere:
            self._elsewhere.append(place)
        return f"{ELSEWHERE}{self._elsewhere.index(place)}"

    def _standins(self, text: str) -> str:
        """Return the stand-ins, and the variables that the emptied files would have set."""
        sockets, lines = self._places.sockets, []
        for number, name in enumerate(self._upstreams):
            lines += [server(f"{sockets}/{number}.standin", unquoted(name))]
        for number, place in enumerate(self._elsewhere):
            socket = f"{sockets}/elsewhere-{number}.standin"
            lines += [f"upstream {ELSEWHERE}{number} {{ server unix:{socket}; }}"]
            lines += [server(socket, place)]
        listeners = self._sockets.values()
        tls = {each.socket: "https" for each in listeners if each.tls}
        lines += by_listener(SCHEME, tls, "http")
        lines += by_listener(PORT, {each.socket: str(each.port) for each in listeners}, "0")
        emptied = [text for path, text in self._files.items() if path.startswith(EMPTIED)]
        lines += [f'map "" ${name} {{ default ""; }}' for name in undefined(emptied, text)]
        return "\n".join([*lines, ""])


def _socket(address: str) -> tuple[str, int]:
    """Return the name of the socket that stands for an address, and the port."""
    place, _colon, port = address.rpartition(":")
    if not port.isdigit():  # an address without a port
        place, port = address, "80"
    return re.sub(r"[^0-9A-Za-z.]", "-", f"{place or 'any'}-{port}") + ".listener", int(port)


def _every(directives: t.Iterable[Directive]) -> t.Iterator[Directive]:
    for each in directives:
        yield each
        yield from _every(each.block or ())
