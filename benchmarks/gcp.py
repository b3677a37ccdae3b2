# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure gcp_network_info and the inventory plugin on a project of 10 and of 1,000 instances.

    .venv/bin/python benchmarks/gcp.py

The cloud is the one of tests/gcp, on the loopback device. It answers at once, or each request after
100 ms, as a far one does; medians of five. Seconds are those of the reading alone, and of a whole
"ansible" or "ansible-inventory" with the start of Python, which is most of it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.collect import Collector
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.credentials import (
    find_credentials,
)
from ansible_collections.peerlb.stack.plugins.module_utils._gcp.api.session import Session
from support.gcp_fake.example import example
from support.gcp_fake.identity import READ_ONLY
from support.gcp_fake.server import Fake

ROUNDS = 5
FAR = 0.1  # seconds


def median(action: t.Callable[[], t.Any]) -> float:
    taken = []
    for _round in range(ROUNDS):
        begun = time.monotonic()
        action()
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)


def read(fake: Fake) -> int:
    """Read the project; return how many requests it took."""
    token = fake.identity.issue([READ_ONLY])["access_token"]
    credentials = find_credentials({"auth_kind": "accesstoken", "access_token": token})
    session = Session(credentials, fake.endpoint, 120)
    Collector(session.get, fake.api.cloud.project).read()
    return session.calls


def run(fake: Fake, *command: str) -> None:
    token = fake.identity.issue([READ_ONLY])["access_token"]
    environment = {**os.environ, **fake.environment(), "GCP_ACCESS_TOKEN": token}
    program = Path(sys.executable).parent / command[0]
    subprocess.run(
        [program, *command[1:]], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True
    )


def inventory(folder: Path, project: str) -> str:
    text = (ROOT / "inventories/gcp/vms.gcp.yml").read_text()
    path = folder / "vms.gcp.yml"
    path.write_text(
        text.replace("my-project", project).replace(
            "auth_kind: application", "auth_kind: accesstoken"
        )
    )
    return str(path)


def measure(folder: Path, instances: int) -> None:
    with Fake(folder, example(webs=instances - 2)) as fake:
        fake.api.checked = False
        calls = read(fake)
        near = median(lambda: read(fake))
        asked = f"project=shop-42 auth_kind=accesstoken endpoint={fake.endpoint}"
        module = ["ansible", "localhost", "-m", "peerlb.stack.gcp_network_info", "-a", asked]
        whole = median(lambda: run(fake, *module))
        plugin = ["ansible-inventory", "-i", inventory(folder, "shop-42"), "--list"]
        listed = median(lambda: run(fake, *plugin))
        fake.latency = FAR
        far = median(lambda: read(fake))
    print(
        f"{instances:>5} instances: {calls} requests; read in {near:.2f} s, {far:.2f} s at 100 ms"
        f" a request; whole module {whole:.2f} s; inventory {listed:.2f} s",
        flush=True,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for instances in (10, 1000):
            measure(Path(folder), instances)


if __name__ == "__main__":
    main()
