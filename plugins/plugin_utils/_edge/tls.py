# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read `peerlb_tls`, and write the lines that all listeners of TLS share."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ...module_utils._nginx.versions import parse_version
from ...module_utils._values.entries import (
    errors_at,
    one_of,
    read_mapping,
    shown,
    suggestion,
    text,
    typed,
    whole_number,
)
from .certificates import PEM_CERTIFICATE, Certificate, TlsError
from .quoting import quoted

PROFILES = ("intermediate", "modern")
CLIENT_CERTIFICATES = ("optional", "required")
REFUSE = "refuse"
MOUNT = "/etc/nginx/peerlb"  # the store, as the container sees it
# The file of the release that holds peerlb_tls.client_ca.
CLIENT_CA_FILE = "client_ca.pem"
TICKET_KEYS = ("0.key", "1.key")  # below tls/tickets: the present one, and the one before
# What members are told of a client's certificate. The names are those of the variables of nginx and
# of Apache, by which most applications look for them.
CLIENT_HEADERS = {
    "X-SSL-Client-Verify": "$ssl_client_verify",
    "X-SSL-Client-S-DN": "$ssl_client_s_dn",
    "X-SSL-Client-I-DN": "$ssl_client_i_dn",
    "X-SSL-Client-Serial": "$ssl_client_serial",
}

# Mozilla's intermediate profile, without the ciphers of finite fields, which are slow.
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
)
CURVES = ("X25519", "prime256v1", "secp384r1")
# OpenSSL skips a group that it does not know if a question mark precedes it, since 3.3. An older
# one refuses the whole list. The images of this nginx, and newer ones, have at least 3.5.
HYBRID, HYBRID_SINCE = "?X25519MLKEM768", (1, 30)


@dataclass(frozen=True)
class Hsts:
    """How long, in seconds, browsers shall ask by https alone, and whether for subdomains too."""

    max_age: int
    include_subdomains: bool = False


@dataclass(frozen=True)
class Tls:
    """How nginx speaks TLS with clients.

    redirect: whether the listener on port 80 answers 308; unknown_names: "refuse", or the name of
    the certificate for clients that ask for no declared name; client_ca: PEM, by which certificates
    of clients are judged; client_certificate: "", "optional" or "required". http2: None lets it
    depend on how rare reloads are.
    """

    profile: str = "intermediate"
    redirect: bool = True
    unknown_names: str = REFUSE
    http2: bool | None = None
    hsts: Hsts | None = None
    client_ca: str = ""
    client_certificate: str = ""


def read_tls(
    value: t.Any, certificates: t.Sequence[Certificate] = (), place: str = "peerlb_tls"
) -> Tls:
    """Return the settings of TLS; a TlsError names every key that is wrong."""
    with errors_at(place, TlsError):
        given = read_mapping(value, (), tuple(READERS))
    settings, problems = {}, []
    for key, entry in given.items():
        try:
            settings[key] = READERS[key](key, entry)
        except ValueError as exc:
            problems.append(f"{place}: {exc}")
    tls = Tls(**settings)
    names = [each.name for each in certificates]
    if tls.unknown_names not in (REFUSE, *names):
        hint = suggestion(tls.unknown_names, (REFUSE, *names))
        problems.append(
            f"{place}: unknown_names is {shown(tls.unknown_names)}, no certificate; {hint}"
        )
    if not problems and bool(tls.client_ca) != bool(tls.client_certificate):
        problems.append(
            f"{place}: client_ca and client_certificate are given together or not at all"
        )
    if problems:
        raise TlsError("\n".join(problems))
    return tls


def _choice(*choices: str) -> t.Callable[[str, t.Any], str]:
    return functools.partial(one_of, choices=choices)


def _truth(key: str, value: t.Any) -> bool:
    return typed(key, value, bool)


def _hsts(key: str, value: t.Any) -> Hsts:
    with errors_at(key):
        given = read_mapping(value, ("max_age",), ("include_subdomains",))
        age = whole_number("max_age", given["max_age"], 0, 10**9)
        return Hsts(age, _truth("include_subdomains", given.get("include_subdomains", False)))


def _authority(key: str, value: t.Any) -> str:
    if PEM_CERTIFICATE not in text(key, value):
        raise ValueError(f"{key} is no PEM: it has no line with {PEM_CERTIFICATE}")
    return value


READERS: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    "profile": _choice(*PROFILES),
    "redirect": _truth,
    "unknown_names": text,
    "http2": _truth,
    "hsts": _hsts,
    "client_ca": _authority,
    "client_certificate": _choice(*CLIENT_CERTIFICATES),
}


def pair_path(name: str, mount: str = MOUNT) -> str:
    """Return where nginx finds a certificate: the value of ssl_certificate and of its key."""
    return f"{mount}/tls/{name}/current/pair.pem"


def tls_http_lines(tls: Tls, version: str = "1.30", mount: str = MOUNT) -> str:
    """Return the lines for `http` that all TLS listeners share.

    version is nginx's. They need the ticket keys, which the module nginx_certificates makes, and
    the release's file client_ca.pem if there is a client_ca.
    """
    modern = tls.profile == "modern"
    hybrid = (HYBRID,) if parse_version(version) >= HYBRID_SINCE else ()
    lines = [f"ssl_protocols {'' if modern else 'TLSv1.2 '}TLSv1.3;"]
    lines += [] if modern else [f"ssl_ciphers {':'.join(CIPHERS)};"]
    lines += [
        f"ssl_ecdh_curve {':'.join((*hybrid, *CURVES))};",
        "ssl_prefer_server_ciphers off;",
        # A client that comes back is spared the costly half of a handshake, also after a restart.
        "ssl_session_cache shared:peerlb:10m;",
        "ssl_session_timeout 1d;",
        *(f"ssl_session_ticket_key {mount}/tls/tickets/{key};" for key in TICKET_KEYS),
    ]
    if tls.client_ca:
        verify = "on" if tls.client_certificate == "required" else "optional"
        lines += [f"ssl_client_certificate {CLIENT_CA_FILE};", f"ssl_verify_client {verify};"]
    return "\n".join(lines) + "\n"


def client_lines(tls: Tls, secure: bool) -> list[str]:
    """Return the lines for a server that tell members who the client is.

    secure: whether it is reached by TLS. A variable is empty where a client has no certificate.
    nginx then sends no such header, and what the client itself wrote under the name reaches nobody
    either. By http that holds for all, and costs nothing if it is written as such. Where nobody is
    asked for a certificate there are no lines, and these headers are as any others.
    """
    told = CLIENT_HEADERS if tls.client_ca else {}
    return [
        f"proxy_set_header {name} {variable if secure else quoted('')};"
        for name, variable in told.items()
    ]
