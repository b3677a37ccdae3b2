# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nginx speaks TLS to the members of a pool, with all settings. No Ansible, no I/O."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .._values.certificates import holds_certificates
from .._values.entries import errors_at, misfit, typed
from .checks import PoolError, read_settings

VERIFY_DEPTH = 4  # certificates between a member's and that of the CA


@dataclass(frozen=True)
class MemberTls:
    """The one policy by which nginx speaks TLS to all members of a pool.

    name: the name that each member's certificate has to be for, which nginx also asks for in the
    handshake; ca: the certificates (PEM) of who may sign it. Without verify nginx takes any
    certificate, and anybody on the way can take the member's place.
    """

    name: str = ""
    ca: str = ""
    verify: bool = True

    @classmethod
    def parse(cls, entry: t.Any, pool: str) -> MemberTls:
        """Return what an entry describes; pool is the name to say in messages.

        {"name": "shop.internal", "ca": "-----BEGIN CERTIFICATE-----…"} and {"verify": False} are
        entries. A PoolError names the setting at fault.
        """
        with errors_at(f"pool {pool}, tls", PoolError):
            values = read_settings(cls, entry)
            if not re.fullmatch(r"[A-Za-z0-9._-]*", str(values["name"])):
                raise misfit("name", values["name"], "a host name such as shop.internal")
            if typed("verify", values["verify"], bool):
                missing = [key for key in ("name", "ca") if not values[key]]
                if missing:
                    raise ValueError(
                        f"{' and '.join(missing)} missing: nginx verifies the members by their name"
                        " against a CA; write both, or verify: false"
                    )
            if typed("ca", values["ca"], str) and not holds_certificates(values["ca"]):
                raise ValueError("ca is not a text of certificates (PEM)")
            return cls(**values)

    def render(self, ca_path: str) -> str:
        """Return the lines for each location in which nginx asks the pool.

        ca_path: where nginx reads `ca`. nginx keeps a session of TLS by the member of an upstream,
        and shares it between locations. As every location that asks a pool has these same lines, no
        session is carried into another policy.
        """
        # Without a name of ours nginx would ask for the name of the pool.
        name = [f"proxy_ssl_name {self.name};"] if self.name else []
        lines = [f"proxy_ssl_server_name {'on' if name else 'off'};", *name]
        lines.append("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
        if self.verify:
            lines += [
                "proxy_ssl_verify on;",
                f"proxy_ssl_verify_depth {VERIFY_DEPTH};",
                f"proxy_ssl_trusted_certificate {ca_path};",
            ]
        return "".join(f"{line}\n" for line in lines)
