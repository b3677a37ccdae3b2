# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The failed probes of the page, with their explanations as sentences and hops."""

from __future__ import annotations

import re

from ..data.tally import FAILED, NOT_PROBED, OK, Record

MAX_FAILURES = 40  # with their explanations; all are in the JSON file
# A line of an explanation is about a hop if its first word is one of these.
MARKS = {"ok": OK, "FAIL": FAILED, "-": NOT_PROBED}


def failures(report: Record) -> Record:
    """Return the failures that the page shows, and how many it leaves out.

    The keys are shown and left_out. A failure in shown is one of the report, with its explanation
    divided into sentences and hops, such as
    {"state": "failed", "name": "container", "evidence": "peerlb-webapp exited 3 minutes ago"}.
    """
    found = report["failures"]
    shown = [{**failure, **_divided(failure["explanation"])} for failure in found[:MAX_FAILURES]]
    return {"shown": shown, "left_out": len(found) - len(shown)}


def _divided(lines: list[str]) -> Record:
    sentences, hops = [], []
    for line in lines:
        mark, _space, words = line.partition(" ")
        if mark in MARKS:
            # Two spaces or more stand between the name of a hop and its evidence.
            name, *evidence = re.split(r"\s{2,}", words.strip(), maxsplit=1)
            hops.append({"state": MARKS[mark], "name": name, "evidence": "".join(evidence)})
        else:
            sentences.append(line)
    return {"sentences": sentences, "hops": hops}
