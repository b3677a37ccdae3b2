# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a CA by ACME, as it is declared. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._acme.wanted import AcmeError, Wanted
from ...module_utils._values.entries import is_list

IMAGE = "goacme/lego:v4.35.2"
SOURCE = "acme"


def acme_settings(acme: t.Any, certificates: t.Any, image: str = IMAGE) -> dict[str, t.Any]:
    """Return what is asked of the CA, {} if no certificate is of source acme.

    acme and certificates: nginx_lb_acme and nginx_lb_certificates. image: that of lego.
    """
    entries = certificates if is_list(certificates) else []
    asked = [
        {key: each.get(key) for key in ("name", "names")}
        for each in entries
        if isinstance(each, t.Mapping) and each.get("source") == SOURCE
    ]
    if not asked:
        return {}
    given = dict(acme) if isinstance(acme, t.Mapping) else {}
    return {**given, "image": image, "certificates": asked}


def acme_problems(acme: t.Any, certificates: t.Any, image: str = IMAGE) -> list[str]:
    """Return a sentence for each setting of the CA that makes no sense; none shows a key."""
    if not isinstance(acme, t.Mapping):
        # It may hold the key of an external account, which no message shows.
        return ["nginx_lb_acme (peerlb_acme): is not a mapping with directory"]
    settings = acme_settings(acme, certificates, image)
    try:
        if settings or acme:
            Wanted.parse({**acme, "image": image, **settings})
    except AcmeError as exc:
        return str(exc).replace("peerlb_acme:", "nginx_lb_acme (peerlb_acme):").splitlines()
    return []
