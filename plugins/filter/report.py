# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that show results as lines. The file NAME.yml beside this one documents each filter."""

from __future__ import annotations

import typing as t

from ..plugin_utils._report.text import rules as _rules
from ..plugin_utils._report.text import sample as _sample
from ..plugin_utils._report.text import tables as _report


def probe_table(results: t.Iterable[dict]) -> list[str]:
    """Return the results of probes as lines of a table."""
    return _report.table(_report.PROBE_HEADS, [_report.probe_row(result) for result in results])


def probe_sentence(result: dict) -> str:
    """Return the result of a probe as a sentence."""
    return _report.probe_sentence(result)


def sample_problems(
    sample: dict,
    pool: dict,
    requests: int = 40,
    tolerance: int = 10,
    names: t.Mapping[str, str] | None = None,
    own_application: bool = False,
) -> list[str]:
    """Return how answers differ from what a pool should give."""
    return _sample.sample_problems(
        sample, pool, int(requests), int(tolerance), names, bool(own_application)
    )


def sample_notes(
    sample: dict,
    pool: dict,
    names: t.Mapping[str, str] | None = None,
    own_application: bool = False,
) -> list[str]:
    """Return what of the answers of a pool is not judged."""
    return _sample.sample_notes(sample, pool, names, bool(own_application))


def status_table(info: dict) -> list[str]:
    """Return the state of a load balancer as lines."""
    return _report.status_lines(info) + _rules.rule_lines(info.get("rules") or {})


def services_table(statuses: t.Mapping[str, t.Sequence[dict]]) -> list[str]:
    """Return what runs on each host as lines of a table."""
    return _report.services_lines(statuses)


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {
            "probe_sentence": probe_sentence,
            "probe_table": probe_table,
            "sample_notes": sample_notes,
            "sample_problems": sample_problems,
            "services_table": services_table,
            "status_table": status_table,
        }
