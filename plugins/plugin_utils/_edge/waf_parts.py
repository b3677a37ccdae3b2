# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application firewall as a part of the edge: what contradicts it, and its files.

No Ansible, no I/O.
"""

from __future__ import annotations

import typing as t

from ...module_utils._values.entries import errors_at, parse_port, read_mapping
from .._guard.rendering import DECISION
from .servers import Edge
from .sizes import in_bytes
from .waf import WafError
from .waf_compose import WAF_COMPOSE, render_compose
from .waf_nginx import WAF_FILE, WafPorts, guarded_rules, render_waf

PORTS = tuple(vars(WafPorts()))


def read_ports(value: t.Any, place: str = "nginx_lb_waf_ports") -> WafPorts:
    """Return the ports of the firewall; a WafError says what is wrong with them."""
    with errors_at(place, WafError):
        given = read_mapping(value, (), PORTS)
        ports = WafPorts(**{name: parse_port(port) for name, port in given.items()})
        every = list(vars(ports).values())
        if len(set(every)) < len(every):
            raise ValueError(f"{', '.join(map(str, every))} are not three different ports")
    return ports


def waf_contradictions(edge: Edge, taken: t.Mapping[int, str]) -> t.Iterator[str]:
    """Yield what the web application firewall and the rest say against each other.

    taken: what else has a port of the host, such as {80: "a listener"}.
    """
    rules, waf = guarded_rules(edge.url_map), edge.waf
    if waf is None:
        for rule in rules:
            yield (
                f"peerlb_url_map.{rule.title}: waf is true, and peerlb_waf is not declared; the"
                " shortest is {paranoia: 1}"
            )
        return
    if not rules:
        yield "peerlb_waf: no rule of peerlb_url_map has waf: true, so that nothing is inspected"
    for rule in rules:
        size = rule.action.body_size
        if size and in_bytes(size) > in_bytes(waf.body_limit):
            yield (
                f"peerlb_url_map.{rule.title}: body_size is {size}, and peerlb_waf.body_limit"
                f" refuses what is larger than {waf.body_limit}"
            )
    for port in sorted(set(taken).intersection(vars(edge.waf_ports).values())):
        yield f"nginx_lb_waf_ports: {port} is the port of {taken[port]}"


def told_of(edge: Edge) -> str:
    """Return what the firewall of an edge does: "as a preview, for 2 rules, fails open"."""
    if edge.waf is None:
        return "none"
    rules = len(guarded_rules(edge.url_map))
    preview = "as a preview, " if edge.waf.preview else ""
    return f"{preview}for {rules} {'rule' if rules == 1 else 'rules'}, fails {edge.waf.fail}"


def waf_files(edge: Edge, image: str) -> dict[str, str]:
    """Return the files of nginx's release that the firewall needs, as text by path."""
    if edge.waf is None:
        return {}
    rules = guarded_rules(edge.url_map)
    unset = DECISION if edge.gatekeeper else ()
    return {
        WAF_FILE: render_waf(edge.waf, edge.waf_ports, rules, edge.pools, unset),
        WAF_COMPOSE: render_compose(edge.waf, edge.waf_ports, image),
    }
