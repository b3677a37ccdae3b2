# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All answers: HTML for people, JSON for programs, and the same headers on both."""

from __future__ import annotations

import re
import time
import typing as t
import uuid
import zlib

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from .carts import NoStoreError, StoreError
from .config import Config
from .db import DatabaseError

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")  # nginx forwards no longer one

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}


def config() -> Config:
    """Return the settings of the running application."""
    return current_app.extensions["peerlb"]


def answer(template: str, values: dict[str, t.Any], status: int = 200) -> Response:
    """Return *values* as JSON if the client asks for JSON, else as a page made from *template*.

    Both also name the host that answered. In the template, each value is a variable.
    """
    values = {**values, **_who()}
    if _wants_json():
        return make_response(jsonify(values), status)
    hue = zlib.crc32(config().served_by.encode()) % 360  # one colour for each host
    return make_response(render_template(template, hue=hue, status_code=status, **values), status)


def message(title: str, status: int, **values: t.Any) -> Response:
    """Return a page with *title* as its only sentence. *values* are for programs."""
    return answer("message.html", {"status": title, **values}, status)


def register_answers(app: Flask) -> None:
    """Give every answer of *app* its headers, and every error a page."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(Exception, _failed)


def _who() -> dict[str, t.Any]:
    """Return which host answers whom; zone and version are for those who test the load balancer."""
    known = {"host": config().served_by, "request_id": g.request_id, "client": request.remote_addr}
    if not config().diagnostics:
        return known
    return {**known, "zone": config().zone, "version": config().version}


def _wants_json() -> bool:
    if "format" in request.args:
        return request.args["format"] == "json"
    kinds = request.accept_mimetypes
    return kinds.best_match(["text/html", "application/json"]) == "application/json"


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.monotonic()
    request.environ["peerlb.request_id"] = g.request_id  # for the access log


def _finish(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers["X-Request-ID"] = g.request_id
    response.headers["X-Served-By"] = config().served_by
    return response


def _failed(exc: Exception) -> Response:
    if isinstance(exc, HTTPException) and exc.code:
        response = message(exc.name, exc.code, reason=exc.description)
        response.headers.extend((k, v) for k, v in exc.get_headers() if k in ("Allow", "Location"))
        return response
    if isinstance(exc, DatabaseError):
        current_app.logger.warning("%s", exc)
        # The reason names MySQL's address, its user and its error.
        reason = str(exc) if config().diagnostics else "The cause is in the application's log."
        return answer("connection.html", {"status": "Connection failed", "reason": reason}, 503)
    if isinstance(exc, NoStoreError):
        return message("Not Found", 404, reason="No store is declared that could keep a cart.")
    if isinstance(exc, StoreError):
        return _without_store(exc)
    current_app.logger.error("%s on %s", type(exc).__name__, request.path, exc_info=exc)
    return message("Internal Server Error", 500, reason="The cause is in the application's log.")


def _without_store(exc: StoreError) -> Response:
    current_app.logger.warning("%s", exc)
    known = str(exc) if config().diagnostics else "Everything else works. Try again in a moment."
    response = message("The cart cannot be used now", 503, reason=known)
    response.headers["Retry-After"] = "2"
    return response
