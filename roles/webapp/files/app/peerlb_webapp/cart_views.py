# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of the cart. No other path asks Valkey."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, request

from .answers import answer
from .carts import CART_SECONDS, ITEMS, Carts, FullCartError, visitor_of

COOKIE = "peerlb_cart"
LONGEST_ITEM = 64  # characters

cart = Blueprint("cart", __name__)


def carts() -> Carts:
    """Return the carts of the running application."""
    return current_app.extensions["peerlb_carts"]


@cart.get("/cart")
def show() -> Response:
    """Show what is in the visitor's cart. A GET writes nothing, and sets no cookie."""
    items = carts().items(visitor_of(request.cookies.get(COOKIE, "")))
    return answer("cart.html", {"status": "Your cart", "items": items})


@cart.post("/cart")
def add() -> Response:
    """Add ?item=, or item of a form or of JSON, and show the cart. The cookie names the visitor."""
    item = _item()
    try:
        visitor, items = carts().add(visitor_of(request.cookies.get(COOKIE, "")), item)
    except FullCartError:
        abort(409, f"A cart holds at most {ITEMS} items.")
    response = answer("cart.html", {"status": "Added", "items": items}, 201)
    options = {"httponly": True, "samesite": "Lax", "secure": request.is_secure}
    response.set_cookie(COOKIE, visitor, max_age=CART_SECONDS, path="/cart", **options)
    return response


def _item() -> str:
    """Return the item of the request; 400 says what an item is."""
    body = request.get_json(silent=True)
    given = body.get("item") if isinstance(body, dict) else request.values.get("item")
    item = given.strip() if isinstance(given, str) else ""
    if not item or len(item) > LONGEST_ITEM or not item.isprintable():
        abort(400, f"item is a text of 1 to {LONGEST_ITEM} characters.")
    return item
