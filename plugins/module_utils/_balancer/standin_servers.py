# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a copy of a release has besides: the stand-ins, and variables. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t

from .._nginx.syntax import Directive

ANSWER_HEADER = "X-Peerlb-Standin"  # of a stand-in: the pool, the method and the target
ROUTE_HEADER = "X-Peerlb-Route"
ROUTE = "peerlb_route"  # the variable in which the URL map names the rule
SCHEME, PORT = "peerlb_standin_scheme", "peerlb_standin_port"
ELSEWHERE = "peerlb_elsewhere_"  # begins the upstreams of hosts outside of all pools

# What the connection would say: the socket of the listener says it instead.
OF_THE_CONNECTION = re.compile(r"\$(\{)?(scheme|server_port|ssl_server_name)\b(?(1)\})")
STANDS_FOR = {"scheme": f"${{{SCHEME}}}", "server_port": f"${{{PORT}}}", "ssl_server_name": "$host"}
SOURCE = r"""(?:(?:"[^"]*"|'[^']*'|[^\s"'{};]\S*)\s+)?"""  # a geo may have none
DEFINITION = re.compile(
    rf"\bset\s+\$([a-z0-9_]+)|\b(?:map|geo|split_clients)\s+{SOURCE}\$([a-z0-9_]+)\s*{{"
)


def by_socket(word: str) -> str:
    """Return a word in which variables of the connection are those that the socket tells."""
    return OF_THE_CONNECTION.sub(lambda match: STANDS_FOR[match[2]], word)


def by_listener(variable: str, values: t.Mapping[str, str], default: str) -> list[str]:
    """Return the lines that set a variable by the listener; values are by the socket's name."""
    # The whole path might not fit nginx's table of exact texts.
    ends = {name.replace(".", r"\."): value for name, value in values.items()}
    entries = [f'    "~/{end}$" {value};' for end, value in ends.items()]
    return [f"map $server_addr ${variable} {{", f"    default {default};", *entries, "}"]


def server(socket: str, pool: str) -> str:
    """Return a stand-in: it tells in a header what it was asked, as a body would need escapes."""
    told = f'add_header {ANSWER_HEADER} "{pool} $request_method $request_uri"'
    return f'server {{ listen unix:{socket}; {told}; return 200 ""; }}'


def route_header() -> Directive:
    """Return the directive that tells in a header which rule took the request."""
    return Directive(("add_header", ROUTE_HEADER, f"${ROUTE}", "always"))


def undefined(emptied: t.Iterable[str], text: str) -> list[str]:
    """Return the variables that only the emptied files define, and the route's if nobody does."""
    lost = {name for each in emptied for name in _defined(each)}
    return sorted({*lost, ROUTE} - _defined(text))


def _defined(text: str) -> set[str]:
    """Return the variables that a file sets, or makes by a table."""
    return {match[1] or match[2] for match in DEFINITION.finditer(text)}
