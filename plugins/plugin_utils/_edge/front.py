# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide what becomes of a request before the URL map sees it. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from .._url_map.paths import normalise
from .._url_map.values import Decision, Request
from .servers import HTTPS, Edge, Site, redirects, sites
from .tls import REFUSE


def decide_first(edge: Edge, request: Request) -> Decision | None:
    """Return what a listener answers by itself, or None if the URL map decides.

    By TLS, a name without a certificate is refused in the handshake: the code is 0, as there is no
    answer. Without TLS, a redirect may lead to TLS.
    """
    secure = edge.secure_port()
    if secure is None or normalise(request.target) is None:
        return None
    name = (request.host.rpartition(":")[0] or request.host).lower()
    by_tls = request.scheme == "https"
    listener = next((each for each in edge.listeners if each.tls == by_tls), None)
    if listener is None:
        return None
    site = _site(sites(edge, listener), name)
    if by_tls:
        refused = site is None and edge.tls.unknown_names == REFUSE
        return Decision("status", "peerlb_tls.unknown_names, in the handshake") if refused else None
    if site is None or not redirects(edge, site):
        return None
    place = name if secure == HTTPS else f"{name}:{secure}"
    url = f"https://{place}{request.target}"
    return Decision("redirect", "peerlb_tls.redirect", url=url, code=308)


def _site(known: t.Sequence[Site], name: str) -> Site | None:
    """Return the site of a name: exact, by the longest pattern, or that of any other name."""
    by_name = {each.lower(): site for site in known for each in site.names}
    parent = name
    found = by_name.get(name)
    while found is None and "." in parent:
        parent = parent.partition(".")[2]
        found = by_name.get(f"*.{parent}")
    return found or next((site for site in known if not site.names), None)
