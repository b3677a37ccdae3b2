# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab of the scenario "edge": one host more, and an edge with TLS, routes and a gatekeeper."""

from __future__ import annotations

import subprocess
import sys
import typing as t

from support import ROOT
from support.lab import ADDRESSES, in_network, run, shell, start
from support.operated import LOAD, Lab, Load

OVERLAY = ("-i", "inventories/lab_edge")
CA = ROOT / ".lab/secrets/ca/ca.pem"
NAME = "shop.example"
RESOLVE = [
    word
    for name in (NAME, "www.shop.example", "other.example")
    for port in (80, 443)
    for word in ("--resolve", f"{name}:{port}:{ADDRESSES['lb1']}")
]


class Edge(Lab):
    """The lab as clients use it by https, and its operator by an inventory laid over the lab's."""

    url = f"https://{NAME}"

    def play(
        self, name: str, *options: str, fails: bool = False, seconds: float = 180, **extra: t.Any
    ) -> str:
        """Run a playbook on both inventories; see Lab."""
        return super().play(name, *OVERLAY, *options, fails=fails, seconds=seconds, **extra)

    def start_load(self, path: str, *flags: str, **options: t.Any) -> Load:
        """Start load.py in the client's namespace. It trusts the lab's CA, or that of an option."""
        options = {"ca": CA, "connect": ADDRESSES["lb1"], **options}
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        script = [sys.executable, str(LOAD), self.url + path, *words, *flags]
        return Load(start(in_network("client", *script), stdout=subprocess.PIPE))

    def curl(self, *options: str, name: str = "client", url: str = "") -> str:
        """Return curl's output. By default it requests the page, and it trusts the lab's CA."""
        words = ["-s", "-m", "5", "--cacert", str(CA), *RESOLVE, *options]
        return run(in_network(name, "curl", *words, url or f"{self.url}/")).stdout

    def code(self, url: str, *options: str) -> str:
        """Return the status of an answer, or 000 if there is none."""
        return self.curl("-o/dev/null", "-w%{http_code}", *options, url=url)


def readable_files_with(*secrets: str, below: str) -> str:
    """Return the files of lb1 below some directories that others than root may read, with a secret.

    The secrets come by standard input, because sudo writes each command to the journal.
    """
    found = f'find {below} -type f -perm /077 -exec grep -lFe "$secrets" {{}} + || true'
    return shell("lb1", f'secrets=$(cat); [ -n "$secrets" ] && {found}', "\n".join(secrets))
