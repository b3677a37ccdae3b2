# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access log: one JSON line per request on standard output."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta, timezone

from gunicorn.glogging import Logger

LONGEST = 512  # characters of what the client sent: a line stays one atomic write


class JsonLogger(Logger):
    """gunicorn's logger, with an access line that programs can read."""

    def access(
        self, resp: t.Any, req: t.Any, environ: dict[str, t.Any], request_time: timedelta
    ) -> None:
        status = int(str(resp.status).split(None, 1)[0])
        line = record(environ, status, resp.sent, request_time)
        if line["peer"] == "127.0.0.1" and status < 400:
            return  # the container's own health check: every few seconds, and nobody's request
        self.access_log.info(json.dumps(line))


def record(environ: dict[str, t.Any], status: int, sent: int, took: timedelta) -> dict[str, t.Any]:
    """One request: client is the real one, peer the address that connected, ms the whole time."""
    client = environ.get("REMOTE_ADDR", "")
    original = environ.get("werkzeug.proxy_fix.orig", {})
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "client": client,
        "peer": original.get("REMOTE_ADDR", client),
        "method": environ.get("REQUEST_METHOD", ""),
        "uri": environ.get("RAW_URI", "")[:LONGEST],
        "status": status,
        "bytes": sent,
        "ms": round(took / timedelta(milliseconds=1), 1),
        "request_id": environ.get("peerlb.request_id", ""),
        "agent": environ.get("HTTP_USER_AGENT", "")[:LONGEST],
    }
