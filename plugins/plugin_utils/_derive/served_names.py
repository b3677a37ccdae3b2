# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names for which the load balancers have certificates, and which of them a client asks by."""

from __future__ import annotations

import typing as t

from ...module_utils._topology.hosts import HostVars
from ...module_utils._topology.values import Host
from ...module_utils._values.entries import is_list

CERTIFICATES = "peerlb_certificates"


def certificate_names(balancers: t.Iterable[Host], variables: HostVars) -> list[str]:
    """Return the names of all declared certificates: ["shop.example", "*.shop.example"].

    What is declared wrongly is left out here, and refused where certificates are read.
    """
    found: dict[str, None] = {}
    for host in balancers:
        for entry in _list(variables.get(host.name, {}).get(CERTIFICATES)):
            names = entry.get("names") if isinstance(entry, t.Mapping) else None
            found |= {str(name): None for name in _list(names)}
    return list(found)


def tls_name(names: t.Sequence[str], wanted: str = "") -> str:
    """Return a name that a server with certificates for these names does not refuse.

    It is the one that is wanted if a certificate covers it, or if there is no certificate: else the
    first. "*.shop.example" covers "www.shop.example", and neither "shop.example" nor
    "a.www.shop.example". wanted may have a port, as the Host header may.
    """
    host = wanted.rpartition(":")[0] or wanted
    if not names or host in names or f"*.{host.partition('.')[2]}" in names:
        return wanted
    return names[0].replace("*", "www")


def _list(value: t.Any) -> t.Sequence[t.Any]:
    return value if is_list(value) else ()
