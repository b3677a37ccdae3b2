# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the failures that the page shows, and divide their explanations into parts."""

from __future__ import annotations

import re

from ..data.tally import FAILED, NOT_PROBED, OK, Record

MAX_FAILURES = 40  # with their explanations; all are in the JSON file
# A line of an explanation is about a hop if its first word is one of these.
MARKS = {"ok": OK, "FAIL": FAILED, "-": NOT_PROBED}


def failures(report: Record) -> Record:
    """Return {"shown": the failures that the page shows, "left_out": the number of the others}.

    Each failure shown has its explanation in two parts: sentences, and hops such as
    {"state": "failed", "name": "container", "evidence": "peerlb-webapp exited 3 minutes ago"}.
    """
    shown = [
        {**failure, **_parts(failure["explanation"])}
        for failure in report["failures"][:MAX_FAILURES]
    ]
    return {"shown": shown, "left_out": len(report["failures"]) - len(shown)}


def _parts(explanation: list[str]) -> Record:
    sentences, hops = [], []
    for line in explanation:
        mark, _space, rest = line.partition(" ")
        if mark in MARKS:
            # Two spaces or more stand between the name of a hop and its evidence.
            name, *evidence = re.split(r"\s{2,}", rest.strip(), maxsplit=1)
            hops.append({"state": MARKS[mark], "name": name, "evidence": "".join(evidence)})
        else:
            sentences.append(line)
    return {"sentences": sentences, "hops": hops}
