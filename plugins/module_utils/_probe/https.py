# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a probe says to an HTTPS server: a handshake of TLS, then a request. No I/O."""

from __future__ import annotations

import functools
import re
import ssl
from datetime import datetime, timezone

from .certificate import Certificate, CertificateFormatError
from .conversation import HttpConversation
from .target import WRONG_CERTIFICATE, WRONG_PROTOCOL, Outcome, Target

_RECORDS = (b"\x15", b"\x16")  # an alert and a handshake: what a server of TLS sends first
_UNKNOWN_NAME = "UNRECOGNIZED_NAME"  # the alert of a server that has no certificate for the name


class HttpsConversation(HttpConversation):
    """A handshake of TLS by the target's name, and then the request that a probe of http sends.

    The server's certificate is evidence. Whether it is trusted, and is for the name, is judged only
    if the target has a CA.
    """

    def __init__(self, target: Target, user_agent: str = "peerlb_probe") -> None:
        super().__init__(target, user_agent)
        self._request, self.opening = self.opening, b""
        self._name = server_name(target.host)
        self._received, self._unsent = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _context(target.ca, bool(target.ca and self._name)).wrap_bio(
            self._received, self._unsent, server_hostname=self._name or None
        )
        self._evidence = ""
        self.awaited = "TLS handshake"
        self.opening = self._go_on()

    def receive(self, data: bytes) -> bytes:
        """Take bytes of the connection; return those that carry it on."""
        if not self.answered and data[:1] not in _RECORDS:
            self.outcome = Outcome(WRONG_PROTOCOL, True, f"not TLS: {data[:24]!r}")
            return b""
        self.answered = True
        self._received.write(data)
        return self._go_on()

    def _go_on(self) -> bytes:
        """Carry on the handshake, then the request; return the bytes to send."""
        try:
            if not self._evidence:
                self._tls.do_handshake()
                self._evidence = f"{self._tls.version()}, {self._certificate()}"
                self.reached, self.awaited = self._evidence, "HTTP answer"
                self._tls.write(self._request)
            while self.outcome is None:
                super().receive(self._tls.read())
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:  # the server ends the connection in good order
            self.outcome = self.cut_off("closed")
        except ssl.SSLError as exc:
            self.outcome = self._failure(exc)
        return self._unsent.read()

    def _judge(self, status_line: str) -> Outcome:
        outcome = super()._judge(status_line)
        return Outcome(outcome.state, True, f"{outcome.detail} by {self._evidence}")

    def _certificate(self) -> str:
        try:
            certificate = Certificate.parse(self._tls.getpeercert(True) or b"")
        except CertificateFormatError as exc:
            return str(exc)
        return certificate.sentence(datetime.now(timezone.utc))

    def _failure(self, exc: ssl.SSLError) -> Outcome:
        if isinstance(exc, ssl.SSLCertVerificationError):
            return Outcome(WRONG_CERTIFICATE, True, f"certificate refused: {exc.verify_message}")
        reason = exc.reason or "no reason"
        if reason.endswith(_UNKNOWN_NAME):
            name = self._name or "no name"
            return Outcome(WRONG_CERTIFICATE, True, f"no certificate for {name}: refused by TLS")
        words = reason.replace("_", " ").lower()
        return Outcome(WRONG_PROTOCOL, True, f"{self.reached}, TLS fails: {words}")


def server_name(host: str) -> str:
    """Return the name to ask a server of TLS for; "" for an address, as names alone are sent.

    host: a value of the Host header, which may have a port: "shop.example:8443".
    """
    name = re.sub(r":[0-9]+$", "", host)
    return "" if re.fullmatch(r"[0-9.]+|\[.*\]", name) else name


@functools.lru_cache(maxsize=8)
def _context(ca: str, judges_name: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = judges_name
    if ca:
        context.load_verify_locations(cadata=ca)
    else:
        context.verify_mode = ssl.CERT_NONE
    return context
