# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application of the stack. It shows which host answered and whether MySQL works."""

from __future__ import annotations

import os

from flask import Flask

from .answers import register_answers
from .cart_views import cart
from .carts import Carts
from .config import Config
from .db import Database
from .proxies import TrustedProxies
from .views import diagnostics, pages

BODY_LIMIT = 64 * 1024  # bytes; no path needs a larger body


def create_app(config: Config | None = None, database: Database | None = None) -> Flask:
    """Return the application for *config*, by default for the environment.

    ConfigError if the environment has wrong values.
    """
    config = config or Config.from_environ(os.environ)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.extensions["peerlb"] = config
    app.extensions["peerlb_database"] = database or Database.from_config(config)
    app.extensions["peerlb_carts"] = Carts(config)
    app.register_blueprint(pages)
    app.register_blueprint(cart)
    if config.diagnostics:
        app.register_blueprint(diagnostics(config.threads))
    register_answers(app)
    app.wsgi_app = TrustedProxies(app.wsgi_app, config.trusted_proxies)  # type: ignore[method-assign]
    return app
