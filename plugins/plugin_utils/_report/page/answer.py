# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the application says of MySQL, as people read it."""

from __future__ import annotations

import json
import typing as t

MAX_ANSWER = 600  # characters


def answer_of(text: str | None) -> dict[str, str]:
    """Return the answer by its names: {"status": "Connection successful", "ms": "2.1"}.

    Of an answer in JSON the lists and the empty values are left out. A text has the name "". {} is
    no answer.
    """
    text = (text or "").strip()
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    if not isinstance(found, dict):
        return {"": str(found)[:MAX_ANSWER]} if text else {}
    return {
        name: str(value)[:MAX_ANSWER] for name, value in _flat(found) if value not in ("", None)
    }


def _flat(found: dict[str, t.Any], prefix: str = "") -> t.Iterator[tuple[str, t.Any]]:
    """Yield each value under its name; {"row": {"id": 41}} becomes ("row id", 41)."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name} ")
        elif not isinstance(value, list):
            yield f"{prefix}{name}", value
