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


def run_problems(
    names: t.Sequence[str],
    groups: t.Mapping[str, t.Sequence[str]],
    inside: t.Collection[str],
    limit: str = "",
    word: str = "",
) -> list[str]:
    """Return why a run on the groups of these names would do nothing; [] if it would do something.

    Ansible accepts an empty inventory, which is what a cloud returns for a misspelt project, and it
    cuts the value of "-e name=value" at each space that has no quotes of its own. groups: all of
    the inventory; inside: the hosts inside of the limit; limit: as it was given, or "" for none;
    word: what Ansible made of the rest of such a value.
    """
    empty = [name for name in names if not groups.get(name)]
    if empty:
        return [
            f"the inventory has no host in {', '.join(empty)}: is this the right inventory? If it"
            " reads a cloud, check the spelling of project, zones, filters and labels; a wrong one"
            " finds no host"
        ]
    named = [name for name in names if name != "all"]
    meant = {host for name in named for host in groups[name]}
    if limit and meant and meant.isdisjoint(inside):
        return [f"no host of {', '.join(named)} is inside --limit {limit}: nothing would be done"]
    if word:
        return [
            f"'{word}' belongs to no variable: -e cuts a value at a space. Write the value without"
            ' a space, or all variables as JSON, as in -e \'{"reason": "two words"}\''
        ]
    return []


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
        return {
            "changed_inputs": changed_inputs,
            "run_problems": run_problems,
            "weights_problems": weights_problems,
        }
