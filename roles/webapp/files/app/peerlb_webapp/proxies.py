# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client's address: taken from X-Forwarded-For if a trusted proxy sent the request."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Iterable

from werkzeug.middleware.proxy_fix import ProxyFix

from .config import Network

# Headers with which a client could pretend to be somebody else in the log.
CLAIMS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_REQUEST_ID")


class TrustedProxies:
    """WSGI middleware that applies the headers of trusted proxies and drops those of all others."""

    def __init__(self, app: t.Callable, networks: Iterable[Network]) -> None:
        self._direct = app
        self._proxied = ProxyFix(app, x_for=1, x_proto=1)
        self._networks = tuple(networks)

    def __call__(self, environ: dict[str, t.Any], start_response: t.Callable) -> t.Iterable[bytes]:
        if self._trusts(environ.get("REMOTE_ADDR", "")):
            return self._proxied(environ, start_response)
        for claim in CLAIMS:
            environ.pop(claim, None)
        return self._direct(environ, start_response)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)
