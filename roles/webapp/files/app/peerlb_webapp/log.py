# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access log: one line of JSON for each request on standard output."""

from __future__ import annotations

import json
import typing as t
from datetime import datetime, timedelta, timezone

from gunicorn.glogging import Logger

LONGEST = 512  # characters of a value from the client, so that a line stays one atomic write


class JsonLogger(Logger):
    """gunicorn's logger with an access log in JSON."""

    def access(
        self, resp: t.Any, req: t.Any, environ: dict[str, t.Any], request_time: timedelta
    ) -> None:
        """Write the line of one request. gunicorn calls this after each answer."""
        status = int(str(resp.status).split(None, 1)[0])
        line = record(environ, status, resp.sent, request_time)
        if line["peer"] == "127.0.0.1" and status < 400:
            return  # the container's own health check, every few seconds
        self.access_log.info(json.dumps(line))


def record(environ: dict[str, t.Any], status: int, sent: int, took: timedelta) -> dict[str, t.Any]:
    """Return the line of one request.

    "client" is the address that the load balancer reports, "peer" the address that connected. "ms"
    is the time from the request to the end of the answer.
    """
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
