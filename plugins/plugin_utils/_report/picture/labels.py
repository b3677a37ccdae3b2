# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words that a picture shows, as many as fit into a width."""

from __future__ import annotations

import unicodedata

from ..data.tally import FAILED, NOT_PROBED, OK
from .picture import SIGNS, Arrow

WORDS = {OK: "as declared", FAILED: "not as declared", NOT_PROBED: "not probed"}
LETTER = 5.7  # pixels of a character on a label


def fit(words: str, width: float, size: float = 7.4) -> str:
    """Return the words, cut so that they fit: "front…" for "frontend" in a width of 50 pixels.

    size is the width of a narrow character in pixels; Chinese characters and the like take two.
    """
    room = width / size
    for at, character in enumerate(words):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return words[: max(at - 1, 0)] + "…"
    return words


def label_words(arrow: Arrow, width: float) -> str:
    """Return the words on an arrow's label: the first that fit, at the least sign and port.

    The words for "✗ 3306 refused 1/2" in a narrower label are "✗ 3306 refused", then "✗ 3306".
    """
    state = arrow.tally["state"]
    choices = [f"{SIGNS[state]} {words}" for words in [*_choices(arrow), str(arrow.port)]]
    return next((words for words in choices if fit(words, width, LETTER) == words), choices[-1])


def _choices(arrow: Arrow) -> list[str]:
    """Return what can be said of an arrow, the longest first."""
    port, tally = arrow.port, arrow.tally
    if tally["state"] == OK:
        short = f"{port} {arrow.protocol}"
        return [f"{short} {_rounded(tally['median_ms'])}".rstrip(), short]
    if tally["state"] == NOT_PROBED:
        return [f"{port} not probed"]
    failure = f"{port} {arrow.failure.replace('_', ' ')}"
    if not arrow.declared:
        return [f"{port} undeclared", failure]
    share = f"{failure} {tally['failed']}/{tally['total']}"
    return [share, failure] if tally["total"] > 1 else [failure]


def milliseconds(value: float | None) -> str:
    """Return a time for people: "0.7 ms", or "" for None."""
    return "" if value is None else f"{value:g} ms"


def _rounded(value: float | None) -> str:
    return f"{value:.0f} ms" if value and value >= 10 else milliseconds(value)
