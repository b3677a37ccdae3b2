# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt for one certificate: ask the CA, let nginx serve what it gave, note the result."""

from __future__ import annotations

import ssl
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._certificates.pem import CertificateError
from .installer import Installer
from .lego import AcmeFailure, Lego
from .state import HOUR, State, read_state, write_state
from .wanted import Certificate

Say = t.Callable[[str], None]
SHORT = 10 * 24 * HOUR  # a lifetime below which lego renews at half of it
LOOKS = 12 * HOUR  # how long the timer waits


def run_program(words: t.Sequence[str], seconds: float) -> tuple[int, str]:
    """Run a program without input; return its code and its output, errors included."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 124, f"{words[0]} did not end in {seconds:g} s"
    except OSError as exc:
        return 127, f"{words[0]} cannot be run: {exc.strerror}"
    return done.returncode, done.stdout.decode(errors="replace")


@dataclass(frozen=True)
class Renewal:
    """Asks one CA for certificates, and lets nginx serve what it gives. say writes the journal."""

    root: Path
    lego: Lego
    installer: Installer
    say: Say
    clock: t.Callable[[], float] = time.time

    def attempt(self, certificate: Certificate) -> str:
        """Issue or renew a certificate if it is due; return "" or why there is no success.

        A certificate that the CA refused not long ago is not asked for again yet.
        """
        identity = self.lego.wanted.identity(certificate)
        state = read_state(self.root, certificate.name)
        if state.waits(identity, self.clock()):
            self.say(f"{certificate.name}: not asked before {state.next}: {state.message}")
            return state.message
        state = state.begun(identity, self.clock())
        self._note(certificate, state)
        try:
            state = self._ask(certificate, state)
        except (AcmeFailure, CertificateError, OSError) as exc:
            refused = isinstance(exc, AcmeFailure) and exc.refused
            words, noted = " ".join(str(exc).split()), read_state(self.root, certificate.name)
            state = noted.failed_at(words, self.clock(), refused=refused)
        self._note(certificate, state)
        self.say(
            f"{certificate.name}: {state.result}{': ' if state.message else ''}{state.message}"
        )
        return state.message if state.result == "failed" else ""

    def _ask(self, certificate: Certificate, state: State) -> State:
        """Let lego issue or renew, and let nginx serve what it does not serve yet."""
        anew = not (state.succeeded and self.lego.has(certificate))
        pem = self.lego.ask(certificate, anew=anew)
        # Noted at once: whoever is killed now does not ask the CA again, but installs.
        now = self.clock()
        after = due(self.lego.chain(certificate), now)
        self._note(certificate, state.succeeded_at("obtained", now, after))
        fresh = self.installer.install(certificate, pem, self.lego.wanted.ca)
        return state.succeeded_at("issued" if fresh else "kept", now, after)

    def _note(self, certificate: Certificate, state: State) -> None:
        (self.root / "acme").mkdir(parents=True, exist_ok=True)
        write_state(self.root, certificate.name, state)


def due(chain: Path, now: float) -> float:
    """Return when lego renews a certificate at the latest, in seconds of the epoch.

    The CA may ask for it earlier. Of a file that openssl cannot read, the next look.
    """
    words = ["openssl", "x509", "-in", str(chain), "-noout", "-startdate", "-enddate"]
    _code, output = run_program(words, 10.0)
    try:
        dates = dict(line.split("=", 1) for line in output.splitlines() if "=" in line)
        begin, end = (ssl.cert_time_to_seconds(dates[key]) for key in ("notBefore", "notAfter"))
    except (KeyError, ValueError):
        return now + LOOKS
    lifetime = end - begin
    return begin + lifetime * (1 / 2 if lifetime < SHORT else 2 / 3)
