# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a command beside a small stack that answers: network.py '{"served_by": ["web1"]}' COMMAND...

Run in a network namespace of its own: the addresses of the stack are given to its loopback device.
"""

from __future__ import annotations

import http.server
import itertools
import json
import subprocess
import sys
import threading
import typing as t

DOORS = (("10.0.0.2", 80), ("10.1.0.2", 3000), ("10.1.0.3", 3000), ("10.2.0.2", 3306))
SPARE = (("10.0.0.2", 8080), ("203.0.113.80", 8082))  # another port, and a public address
ALONE = ("203.0.113.10",)  # the client, where nothing listens


def handler(served_by: t.Sequence[str], connection: int, name: str) -> type:
    """Return what answers. With a name, it redirects to a login, and refuses any other Host."""
    turn = itertools.cycle(served_by)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.path.startswith("/connection")
            known = not name or self.headers["Host"] == name
            self.send_response((connection if asked else 302 if name else 200) if known else 400)
            if served_by and not asked:
                self.send_header("X-Served-By", next(turn))
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_args: t.Any) -> None:
            pass

    return Handler


def main() -> int:
    given = json.loads(sys.argv[1])
    links = [
        f"address add {address}/32 dev lo"
        for address in dict.fromkeys((*dict(DOORS + SPARE), *ALONE))
    ]
    batch = "\n".join(["link set lo up", *links])
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
    for door in DOORS + SPARE:
        server = http.server.ThreadingHTTPServer(door, handler(**given))
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return subprocess.run(sys.argv[2:], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
