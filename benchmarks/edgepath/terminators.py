# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The load balancers that end TLS: each with the duties that it has in the package datapath.

All have one certificate of ECDSA P-256, HTTP/1.1 and HTTP/2, and tickets by which a client resumes
a session. Versions, ciphers and curves are those of Mozilla's intermediate profile; Caddy's own are
no older.
"""

from __future__ import annotations

import secrets

from datapath import peers, place, product

OURS = "peerlb.stack"
NAME = "shop.example"
CERTIFICATE = "shop"
HAPROXY_TLS = """\
  ssl-default-bind-curves X25519:prime256v1:secp384r1
  ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2
"""


def everybody() -> list[peers.Peer]:
    """Return the product, and those that it is compared with."""
    pair = _pair()
    return [
        _ours(8200, pair),
        _haproxy("HAProxy 3.2", "sid", 8210, pair),
        _haproxy("HAProxy 2.6", "bookworm", 8220, pair),
        _caddy("Caddy", 8230, pair),
    ]


def _pair() -> str:
    """Return a new certificate and its key as PEM, in this order."""
    key, certificate = (peers.directory("pair") / name for name in ("key", "certificate"))
    place.run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "30", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
        "-keyout", key, "-out", certificate,
    )  # fmt: skip
    return certificate.read_text() + key.read_text()


def _ours(port: int, pair: str) -> peers.Peer:
    declared = {"name": CERTIFICATE, "names": [NAME], "source": "given"}
    peer = peers.nginx(
        OURS,
        port,
        place.ROOT / "roles/nginx_lb",
        listener={"tls": True},
        nginx_lb_certificates=[declared],
        # The clients of the benchmark ask for no name.
        nginx_lb_tls={"unknown_names": CERTIFICATE},
    )
    store = f"{product.STORE}/tls"
    keys = {f"{store}/tickets/{number}.key": secrets.token_hex(40) for number in (0, 1)}
    files = {**peer.files, f"{store}/{CERTIFICATE}/current/pair.pem": pair, **keys}
    return peers.Peer(OURS, port, 0, files, peer.commands[:1])


def _haproxy(name: str, suite: str, port: int, pair: str) -> peers.Peer:
    plain = peers.haproxy(name, suite, port)
    file = peers.directory(name) / "pair.pem"
    text = plain.files["haproxy.cfg"]
    for old, new in (
        ("nbthread 1\n", f"nbthread 1\n{HAPROXY_TLS}"),
        (f"bind :{port}\n", f"bind :{port} ssl crt {file} alpn h2,http/1.1\n"),
        ("X-Forwarded-Proto http\n", "X-Forwarded-Proto https\n"),
    ):
        text = text.replace(old, new)
    return peers.Peer(name, port, 0, {"haproxy.cfg": text, "pair.pem": pair}, plain.commands)


def _caddy(name: str, port: int, pair: str) -> peers.Peer:
    plain = peers.caddy(name, port)
    file = peers.directory(name) / "pair.pem"
    text = plain.files["Caddyfile"]
    for old, new in (
        ("protocols h1\n", "protocols h1 h2\n"),
        (f"\n:{port} {{\n", f"\nhttps://:{port} {{\n    tls {file} {file}\n"),
        # Without it, a client that asks for no name is refused.
        ("auto_https off\n", f"auto_https off\n    default_sni {NAME}\n"),
    ):
        text = text.replace(old, new)
    return peers.Peer(name, port, 0, {"Caddyfile": text, "pair.pem": pair}, plain.commands)
