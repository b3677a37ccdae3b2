# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit peerlb-certificates on the load balancer: it renews what is due, without Ansible.

    python3 certificates ROOT

ROOT is the directory of nginx's releases. It ends with 1 if a certificate could not be had, so that
systemd shows the unit as failed, and tells whoever is to be told (`_live/notify.py`).
"""

from __future__ import annotations

import asyncio
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .._certificates.pem import CertificateError
from .._live.agent import read_hook
from .._live.journal import say
from .._live.notify import event, notify
from .._release.lock import locked
from .installer import OWNER, Installer
from .lego import Lego
from .renewal import Renewal, run_program
from .wanted import AcmeError, Certificate, Wanted, read_wanted

LOCK_SECONDS = 60.0  # for another one that asks the CA
AT_A_TIME = 4  # certificates; each has an account of its own


def renew_all(root: Path, wanted: Wanted, installer: Installer) -> dict[str, str]:
    """Ask for all certificates, some at a time; return why some could not be had, by name."""
    renewal = Renewal(root, Lego(root, wanted, run_program), installer, say)

    def attempt(certificate: Certificate) -> str:
        try:
            return renewal.attempt(certificate)
        except OSError as exc:  # no result can be noted, as on a full disk
            say(f"{certificate.name}: {exc}")
            return str(exc)

    # With a CA that does not answer, lego tries for half a minute for each.
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        problems = list(pool.map(attempt, wanted.certificates))
    names = [each.name for each in wanted.certificates]
    return {name: problem for name, problem in zip(names, problems) if problem}


def tell(root: Path, failures: t.Mapping[str, str]) -> None:
    """Tell whoever wants to know of each failure; what goes wrong with that is only said."""
    for name, problem in failures.items():
        try:
            news = event("certificate_failed", why=f"certificate {name}: {problem}")
            failed = asyncio.run(notify(read_hook(root), news))
        except (OSError, ValueError) as exc:
            failed = str(exc)
        if failed:
            say(f"peerlb_notify: {failed}")


def rotate(installer: Installer) -> str:
    """Let nginx have a new key for session tickets if it is time; return "" or what went wrong."""
    try:
        if installer.rotate_tickets():
            say("session tickets are made with a new key")
    except (CertificateError, OSError) as exc:
        say(f"session tickets keep their key: {exc}")
        return str(exc)
    return ""


def run(root: Path, installer: Installer) -> int:
    """Renew what is due; return the code that the program ends with."""
    failed = bool(rotate(installer))
    try:
        wanted = read_wanted(root)
    except AcmeError as exc:
        say(f"cannot read what is asked of the CA: {exc}")
        return 1
    if wanted is None or not wanted.certificates:
        return int(failed)
    (root / "acme").mkdir(exist_ok=True)
    try:
        with locked(root / "acme" / "lock", OWNER, LOCK_SECONDS, "certificates"):
            failures = renew_all(root, wanted, installer)
    except BlockingIOError as exc:
        say(str(exc))
        return 1
    tell(root, failures)
    return int(failed or bool(failures))


def start(arguments: list[str]) -> None:
    """Run the program with the arguments of its command line."""
    root = Path(arguments[0])
    raise SystemExit(run(root, Installer(root)))
