# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a connection: its listener, the handshake of TLS, and the name in the URL."""

from __future__ import annotations

from .balancer import REFUSE
from .case import NO_CLIENT, Case, Step, refusal, within


def listener(case: Case) -> list[Step]:
    """Tell which listener takes the request, and whether it speaks TLS as the URL wants."""
    question, found = case.question, case.listener
    if not found:
        ports = ", ".join(str(each["port"]) for each in case.balancer.listeners) or "none"
        evidence = f"no listener of http is on port {question.port}; listeners are on: {ports}"
        return [refusal("listener", evidence, "reaches no listener")]
    tls = bool(found.get("tls"))
    spoken = "https" if tls else "http"
    where = f"{found.get('address') or '*'}:{found['port']} speaks {spoken}"
    if spoken != question.scheme:
        return [refusal("listener", where, f"speaks {question.scheme} to a port of {spoken}")]
    return [Step("listener", f"{where}, its pool is {found['pool']}")]


def admission(case: Case) -> list[Step]:
    """Tell whether the listener admits the client's address."""
    allow = [str(each) for each in case.listener.get("allow") or ()]
    if not allow:
        return []
    told = f"the listener admits {', '.join(allow)}"
    if not case.question.client:
        return [Step("admission", f"{told}; {NO_CLIENT}")]
    if not within(case.question.client, allow):
        return [refusal("admission", told, "is refused by the listener (403)")]
    return [Step("admission", told)]


def certificate(case: Case) -> list[Step]:
    """Tell which certificate the handshake shows, and how long it is valid."""
    if not case.listener.get("tls"):
        return []
    host, found = case.question.host, case.balancer.certificate_for(case.question.host)
    if found is None:
        known = ", ".join(name for each in case.balancer.certificates for name in each.names)
        evidence = f"none is for {host}, and unknown names: {REFUSE}; names are: {known or 'none'}"
        return [refusal("certificate", evidence, "is refused in the handshake of TLS")]
    fits = "" if found.covers(host) else f", none is for {host}, and unknown names get this one"
    days = found.days_left
    left = "days left are not known" if days is None else f"{days:.4g} days left"
    told = f"{found.name} for {', '.join(found.names)}{fits}; {left}"
    if days is not None and days <= 0:
        return [refusal("certificate", told, "fails: the certificate has ended")]
    return [Step("certificate", told)]


def name(case: Case) -> list[Step]:
    """Tell whether the name in the URL is one that is served; a URL map judges names itself."""
    names = case.balancer.server_names
    if not names or case.balancer.router or case.balancer.is_served(case.question.host):
        return []
    told = f"{case.question.host} is none of {', '.join(names)}"
    return [refusal("name", told, "gets 421 (Misdirected Request)")]
