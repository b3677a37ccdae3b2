# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the reports of playbooks are made of. Each filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..plugin_utils._report.text import sample as _sample
from ..plugin_utils._report.text import tables as _report


def probe_table(results: t.Iterable[dict]) -> list[str]:
    heads = ("flow", "protocol", "expected", "found", "latency", "")
    return _report.table(heads, [_report.probe_row(result) for result in results])


def probe_sentence(result: dict) -> str:
    return _report.probe_sentence(result)


def sample_problems(
    sample: dict,
    pool: dict,
    requests: int = 40,
    tolerance: int = 10,
    names: t.Mapping[str, str] | None = None,
) -> list[str]:
    return _sample.sample_problems(sample, pool, int(requests), int(tolerance), names)


def sample_notes(sample: dict, pool: dict) -> list[str]:
    return _sample.sample_notes(sample, pool)


def status_table(info: dict) -> list[str]:
    return _report.status_lines(info)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {
            "probe_sentence": probe_sentence,
            "probe_table": probe_table,
            "sample_notes": sample_notes,
            "sample_problems": sample_problems,
            "status_table": status_table,
        }
