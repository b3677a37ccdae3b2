# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA of the lab's internet that speaks ACME: pebble, which Let's Encrypt tests clients with.

It runs beside the lab's client. Its names all lead to the load balancer, whose port 80 it asks for
the answers to challenges, as any CA does. pebble makes a new root each time that it starts.
"""

from __future__ import annotations

import functools
import json
import typing as t
from pathlib import Path

from . import cache, debian, procs
from .names import ACME_MANAGEMENT_PORT, ACME_PORT, DISKS
from .plan import Plan
from .run import LabError, run, wait_until

SUITE = "sid"
GROUPS = ("peerlb-acme", "peerlb-acme-names")  # the control groups of the CA and its name server
PLACE = DISKS / "acme"
DAY = 86400
PROFILES = {
    "default": {"description": "90 days", "validityPeriod": 90 * DAY},
    "shortlived": {"description": "6 days", "validityPeriod": 6 * DAY},
}
NAMES = "127.0.0.1:8053"
REFUSED = "refused.example"  # a name for which the CA gives no certificate
LOADER = "usr/lib64/ld-linux-*"  # Debian's programs need the libraries that they were built with


def make() -> Path:
    """Return the directory with pebble's programs. It is built if it is not in the cache."""
    path = cache.path("pebble", debian.recipe("pebble", SUITE))
    return cache.ensure(path, functools.partial(_build))


def _build(target: Path) -> None:
    debian.bootstrap("pebble", SUITE, "essential", target / "root")


def start(plan: Plan, eab: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """Start the CA anew, and return its directory and the file of the certificates to trust.

    eab: the keys of external accounts by their ids. With some, every account needs one.
    """
    if not plan.ways_in:
        raise LabError("no client of this lab may use the service, so there is no CA")
    way_in = plan.ways_in[0]
    root = make() / "root"
    address = next(h.address for h in plan.hosts if h.namespace == way_in.namespace)
    stop()
    PLACE.mkdir(parents=True, exist_ok=True)
    certificate = _make_certificate(address)
    config = _config(address, dict(eab or {}))
    (PLACE / "pebble.json").write_text(json.dumps(config), encoding="ascii")
    entering = ["nsenter", f"--net={procs.NETNS / way_in.namespace}", "--"]
    _start_programs(root, entering, way_in.address)
    _write_trusted(address, certificate, entering)
    return {"directory": f"https://{address}:{ACME_PORT}/dir", "ca": str(PLACE / "ca.pem")}


def _start_programs(root: Path, entering: list[str], service: str) -> None:
    """Start pebble, and a name server that leads all names to the service."""
    names = ["-defaultIPv4", service, "-defaultIPv6", "", "-dnsserver", NAMES]
    unused = [
        word for each in ("doh", "http01", "https01", "tlsalpn01") for word in (f"-{each}", "")
    ]
    words = [*entering, *_program(root, "pebble-challtestsrv"), *names, *unused]
    procs.start(GROUPS[1], words, PLACE / "names.log")
    words = [*entering, *_program(root, "pebble"), "-strict", "-dnsserver", NAMES]
    words += ["-config", str(PLACE / "pebble.json")]
    procs.start(GROUPS[0], words, PLACE / "log", env={"PEBBLE_VA_NOSLEEP": "1"})


def stop() -> None:
    """End the CA."""
    for name in GROUPS:
        procs.end(name)


def _program(root: Path, name: str) -> list[str]:
    loader, libraries = next(root.glob(LOADER)), next(root.glob("usr/lib/*-linux-gnu"))
    return [str(loader), "--library-path", str(libraries), str(root / "usr/bin" / name)]


def _make_certificate(address: str) -> Path:
    """Make the certificate of the directory, which stays until the lab goes."""
    path = PLACE / "directory.pem"
    if not path.exists():
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "365", "-keyout", PLACE / "directory.key", "-out", path),
            *("-subj", "/CN=the lab's CA", "-addext", f"subjectAltName=IP:{address}"),
        )
    return path


def _config(address: str, eab: dict[str, str]) -> dict[str, t.Any]:
    return {
        "pebble": {
            "listenAddress": f"{address}:{ACME_PORT}",
            "managementListenAddress": f"{address}:{ACME_MANAGEMENT_PORT}",
            "certificate": str(PLACE / "directory.pem"),
            "privateKey": str(PLACE / "directory.key"),
            "httpPort": 80,
            "tlsPort": 443,
            "externalAccountBindingRequired": bool(eab),
            "externalAccountMACKeys": eab,
            "domainBlocklist": [REFUSED],
            "profiles": PROFILES,
        }
    }


def _write_trusted(address: str, certificate: Path, entering: list[str]) -> None:
    """Write what has to be trusted: the directory's own certificate, and the CA's root."""
    url = f"https://{address}:{ACME_MANAGEMENT_PORT}/roots/0"
    asking = [*entering, "curl", "-sf", "--cacert", str(certificate), url]

    def answers() -> bool:
        return "BEGIN CERTIFICATE" in run(*asking, check=False)

    if not wait_until(answers, 20):
        raise LabError("pebble does not start: " + (PLACE / "log").read_text()[-300:])
    text = certificate.read_text(encoding="ascii") + run(*asking)
    (PLACE / "ca.pem").write_text(text, encoding="ascii")
