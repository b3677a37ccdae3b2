# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths. `pages` are always served. `diagnostics` are for tests and can be switched off."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, abort, current_app, g, request

from .answers import REQUEST_ID, answer, config, message
from .db import Database

SLOWEST = 10.0  # seconds
THREADS_KEPT = 2  # threads of a worker that slow requests never occupy

pages = Blueprint("pages", __name__)


def database() -> Database:
    """Return the database of the running application."""
    return current_app.extensions["peerlb_database"]


@pages.get("/")
def home() -> Response:
    """Show which host answered."""
    return answer(
        "home.html", {"diagnostics": config().diagnostics, "cart": bool(config().valkey_host)}
    )


@pages.get("/healthz")
def healthz() -> Response:
    """Answer 200 while the process serves requests, whether or not MySQL and Valkey work."""
    return message("Healthy", 200)


@pages.get("/readyz")
def readyz() -> Response:
    """Answer 200 if MySQL answers a query, else 503."""
    database().ping()
    return message("Ready", 200)


@pages.get("/connection")
def connection() -> Response:
    """Ask MySQL, and show the newest rows of all hosts. A GET writes nothing."""
    recent = database().recent(5)
    values = {
        "status": "Connection successful",
        "ms": _milliseconds(),
        "recent": [check._asdict() for check in recent],
    }
    return answer("connection.html", {**values, **_details()})


def diagnostics(threads: int) -> Blueprint:
    """Return the paths for tests of a load balancer.

    *threads* is the number of threads of a worker. It limits how many slow requests run at once.
    """
    blueprint = Blueprint("diagnostics", __name__)
    slots = threading.BoundedSemaphore(max(1, threads - THREADS_KEPT))

    @blueprint.get("/slow")
    def slow() -> Response:
        """Answer after ?seconds= (default 1, at most 10)."""
        seconds = request.args.get("seconds", default=1.0, type=float)
        if not 0 <= seconds <= SLOWEST:
            abort(400, f"seconds is a number from 0 to {SLOWEST:g}")
        if not slots.acquire(blocking=False):
            abort(503, "Too many slow requests at once.")
        try:
            time.sleep(seconds)
        finally:
            slots.release()
        return message("Done", 200, seconds=seconds)

    @blueprint.route("/status/<int:code>", methods=["GET", "POST"])
    def status(code: int) -> Response:
        """Answer with the requested status."""
        if not 200 <= code <= 599:
            abort(400, "A status is a number from 200 to 599.")
        return message(f"Status {code}", code)

    @blueprint.post("/connection")
    def write() -> Response:
        """Write a row with the client's ?id=, read it back, and show the newest rows.

        A test counts repeated requests by their id.
        """
        request_id = request.args.get("id") or request.form.get("id") or g.request_id
        _refuse_bad_id(request_id)
        row = database().write(request_id, config().served_by)
        values = {
            "status": "Written",
            "ms": _milliseconds(),
            "row": row._asdict(),
            "recent": [check._asdict() for check in database().recent(5)],
        }
        return answer("connection.html", {**values, **_details()}, 201)

    @blueprint.get("/connection/<request_id>")
    def executions(request_id: str) -> Response:
        """Answer how many rows have this id."""
        _refuse_bad_id(request_id)
        count = database().executions(request_id)
        return message(f"{count} executions", 200, id=request_id, executions=count)

    return blueprint


def _milliseconds() -> float:
    return round((time.monotonic() - g.began) * 1000, 1)


def _details() -> dict[str, str]:
    """Return what only those may know who test the load balancer: where MySQL is."""
    return {"mysql": config().mysql_address} if config().diagnostics else {}


def _refuse_bad_id(request_id: str) -> None:
    if not REQUEST_ID.fullmatch(request_id):
        abort(400, "An id is 1 to 128 letters, digits, dots, dashes or underscores.")
