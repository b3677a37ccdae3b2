# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that judge what an operator gave a playbook. The file NAME.yml documents each."""

from __future__ import annotations

import typing as t

from ..module_utils._balancer.weights import FORMS, read_weights
from ..module_utils._nginx.checks import PoolError
from ..module_utils._nginx.overrides import read_changes
from ..module_utils._values.entries import text

RESET = "inventory"


def weights_problems(weights: t.Any, strays: t.Mapping[str, t.Any] | None = None) -> list[str]:
    """Return why weights cannot be set as they are given; [] if they can be."""
    cut = [name for name, value in (strays or {}).items() if isinstance(value, (str, int, float))]
    if cut:
        return [
            f"weights: {', '.join(cut)} became a variable of its own, because the weights are cut"
            f" at a space: {FORMS}, without a space"
        ]
    if weights is None:
        return [f"missing required arguments: weights: {FORMS}, or as {RESET} to return to it"]
    if weights == RESET:
        return []
    try:
        return (
            [] if read_changes(read_weights(weights), {}) else [f"weights: none is given: {FORMS}"]
        )
    except PoolError as exc:
        return [str(exc)]


def changed_inputs(values: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> list[str]:
    """Return a problem for each input that is not the text which its option wants."""
    problems = []
    for name, value in values.items():
        if value is not None and options.get(name, {}).get("type", "str") in ("str", "path"):
            try:
                text(name, value)
            except ValueError as exc:
                problems.append(str(exc))
    return problems


class FilterModule:
    """The filters of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filters by name."""
        return {"changed_inputs": changed_inputs, "weights_problems": weights_problems}
