# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The nginx that serves the certificates: test what it would read, reload it, and ask it."""

from __future__ import annotations

import re
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .pem import CertificateError

Run = t.Callable[..., "tuple[int, str, str]"]
COMMENT = re.compile(r"(^|\s)#.*")
PAIR = r"\bssl_certificate\s[^;]*/tls/{}/current/"
SERVER = re.compile(r"\bserver\s*{")  # with what a block begins
NAMES = re.compile(r"\bserver_name\s([^;]*);")
LISTEN = re.compile(r"\blisten\s+(?:(\[[^]]*\]|[^\s:;]+):)?([0-9]+)\s[^;]*\bssl\b")
# Where to ask a socket that listens at all addresses.
EVERYWHERE = {**dict.fromkeys(("", "*", "0.0.0.0"), "127.0.0.1"), "[::]": "::1"}
CONFIG = "/etc/nginx/peerlb/current/nginx.conf"  # as the container sees it
A_LABEL = "peerlb-check"  # stands for the star of a name when nginx is asked
IN_A_ROW = 3  # answers, as workers of before a reload may still take a connection


@dataclass(frozen=True)
class Place:
    """Where nginx serves a certificate; server_name is a name with which to ask, "" for none."""

    address: str
    port: int
    server_name: str

    def __str__(self) -> str:
        return f"{self.address}:{self.port}" + f" for {self.server_name}" * bool(self.server_name)


@dataclass(frozen=True)
class ServingNginx:
    """The nginx in a container; timeout is how many seconds a reload may take to show."""

    run: Run
    root: Path
    container: str = "peerlb-nginx"
    timeout: float = 15.0

    def runs(self) -> bool:
        """Tell whether nginx runs, so that it has to read what was changed."""
        code, out, _err = self.run(
            ["docker", "inspect", "--format", "{{.State.Running}}", self.container]
        )
        return code == 0 and out.strip() == "true"

    def uses(self, name: str) -> bool:
        """Tell whether a file of the live release names a certificate, so that nginx reads it."""
        used = re.compile(PAIR.format(re.escape(name)))
        return any(used.search(text) for text in self._texts())

    def places(self, name: str) -> list[Place]:
        """Return where the live release serves a certificate, and by which names; [] if nowhere.

        The declaration may have other names already than the release that serves them.
        """
        used = re.compile(PAIR.format(re.escape(name)))
        servers = [server for text in self._texts() for server in SERVER.split(text)[1:]]
        return [place for server in servers if used.search(server) for place in _places(server)]

    def _texts(self) -> list[str]:
        """Return the configuration of the live release, file by file, without comments."""
        try:
            files = sorted((self.root / "current").rglob("*.conf"))
            return [COMMENT.sub("", path.read_text(encoding="utf-8")) for path in files]
        except (OSError, ValueError):
            return []

    def test(self) -> None:
        """Let nginx test all that it would read; a CertificateError ends with its words."""
        command = ["docker", "exec", self.container, "nginx", "-e", "stderr", "-t", "-c", CONFIG]
        code, out, err = self.run(command)
        if code != 0:
            lines = [line for line in (err + out).splitlines() if "test failed" not in line]
            raise CertificateError("nginx refuses the change: " + "\n".join(lines[-3:]))

    def reload(self) -> None:
        """Let nginx read its files again; the signal is sent inside of the container.

        Docker would remember one of its own as a wish to stop.
        """
        code, out, err = self.run(["docker", "exec", self.container, "sh", "-c", "kill -HUP 1"])
        if code != 0:
            raise CertificateError(f"the reload was refused: {(err or out).strip()}")

    def serves(self, name: str, leaf: bytes) -> str:
        """Return where another certificate than this one (DER) is shown; "" if nowhere."""
        return _elsewhere(self.places(name), leaf)

    def confirm(self, name: str, leaf: bytes) -> None:
        """Wait until nginx shows this certificate at each place, several times in a row."""
        places = self.places(name)
        end, seen = time.monotonic() + self.timeout, 0
        while seen < IN_A_ROW:
            where = _elsewhere(places, leaf)
            seen = 0 if where else seen + 1
            if where and time.monotonic() > end:
                raise CertificateError(
                    f"certificate {name}: {where} did not show it within {self.timeout:g} s"
                )
            if where:
                time.sleep(0.05)


def _elsewhere(places: t.Iterable[Place], leaf: bytes) -> str:
    """Return the first place that shows another certificate than this one (DER); "" if none."""
    for place in places:
        if served(place.address, place.port, place.server_name) != leaf:
            return str(place)
    return ""


def _places(server: str) -> t.Iterator[Place]:
    """Return where and by which name to ask a block server of nginx's configuration."""
    words = " ".join(NAMES.findall(server)).replace('"', "").replace("'", "").split()
    # A regular expression is not a name with which to ask; "_" is no name, for the default server.
    asked = next((word for word in words if not word.startswith("~")), "")
    asked = "" if asked == "_" else asked.replace("*", A_LABEL).lstrip(".")
    for address, port in LISTEN.findall(server):
        yield Place(EVERYWHERE.get(address, address.strip("[]")), int(port), asked)


def served(address: str, port: int, server_name: str, timeout: float = 3.0) -> bytes:
    """Return the certificate (DER) that a port shows for a name; b"" if none.

    Nothing is verified: what counts is whether it is the very certificate that was installed.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        plain = socket.create_connection((address, port), timeout)
        with plain, context.wrap_socket(plain, server_hostname=server_name or None) as secured:
            return secured.getpeercert(binary_form=True) or b""
    except OSError:  # ssl.SSLError is one
        return b""
