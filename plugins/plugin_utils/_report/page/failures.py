# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the report's page that says what is not as declared, and why. No I/O."""

from __future__ import annotations

import re

from ..data.tally import FAILED, NOT_PROBED, OK, Record
from ..markup import Markup, joined, section, tag
from ..picture.picture import SIGNS

SHOWN = 40  # failures with their explanation; all are in the JSON file
# A line of an explanation that is about a hop begins with one of these.
MARKS = {"ok": OK, "FAIL": FAILED, "-": NOT_PROBED}


def failures(report: Record) -> Markup | None:
    """Return the probes that failed, then the other problems; None where there are none."""
    found, others = report["failures"], report["problems"]
    if not found and not others:
        return None
    left = len(found) - SHOWN
    return section(
        "What is not as declared",
        *(_failure(each) for each in found[:SHOWN]),
        tag("p", f"and {left} more in the JSON file") if left > 0 else None,
        *(tag("article", tag("p", f"{SIGNS[FAILED]} {text}"), class_="failure") for text in others),
    )


def _failure(failure: Record) -> Markup:
    found = failure["state"].replace("_", " ")
    detail = f" ({failure['detail']})" if failure["detail"] else ""
    why = f"by {failure['flow']}" if failure["expect"] == "open" else "no flow declares it"
    return tag(
        "article",
        tag("h3", f"{SIGNS[FAILED]} {failure['name']}", class_=FAILED),
        tag("p", f"Expected {failure['expect']}, {why}. Found {found}{detail}."),
        _explanation(failure["explanation"]),
        class_="failure",
    )


def _explanation(lines: list[str]) -> Markup:
    """Return the sentences as paragraphs and the hops as a list."""
    marked = [(MARKS.get(line.split(" ", 1)[0]), line) for line in lines]
    sentences = [tag("p", line) for state, line in marked if state is None]
    hops = [_hop(state, line) for state, line in marked if state is not None]
    return joined([*sentences, tag("ol", *hops) if hops else None])


def _hop(state: str, line: str) -> Markup:
    """Return a hop; its mark, name and evidence stand in columns of their own."""
    words = line.partition(" ")[2].strip()
    name, *evidence = re.split(r"\s{2,}", words, maxsplit=1)
    return tag("li", f"{SIGNS[state]} ", tag("b", name), " ", *evidence, class_=state)
