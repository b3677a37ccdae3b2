# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words beside what a report draws, as many as fit. No I/O."""

from __future__ import annotations

import unicodedata

from ..data.tally import FAILED, NOT_PROBED, OK
from .picture import SIGNS, Arrow

WORDS = {OK: "as declared", FAILED: "not as declared", NOT_PROBED: "not probed"}
LETTER = 5.7  # pixels of a character on a label


def fit(words: str, width: float, size: float = 7.4) -> str:
    """Cut words so that they fit into a width; size is what a narrow character takes."""
    room = width / size
    for at, character in enumerate(words):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return words[: max(at - 1, 0)] + "…"
    return words


def label_words(arrow: Arrow, width: float) -> str:
    """Return the most that can be label_words of an arrow in this width."""
    found, port = arrow.tally, arrow.port
    state = found["state"]
    met = f"{port} {arrow.found.replace('_', ' ')}"
    if state == OK:
        words = [f"{port} {arrow.protocol}"]
        words.insert(0, f"{words[0]} {_time(found['median_ms'])}".rstrip())
    elif state == NOT_PROBED:
        words = [f"{port} not probed"]
    elif arrow.declared:
        words = [f"{met} {found['failed']}/{found['total']}"] if found["total"] > 1 else []
        words.append(met)
    else:
        words = [f"{port} undeclared", met]
    signed = [f"{SIGNS[state]} {each}" for each in [*words, str(port)]]
    return next((each for each in signed if fit(each, width, LETTER) == each), signed[-1])


def milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:g} ms"


def _time(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f} ms" if value >= 10 else f"{value:g} ms"
