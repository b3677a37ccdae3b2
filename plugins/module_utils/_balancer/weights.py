# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights as people write them. No Ansible, no I/O."""

from __future__ import annotations

import json
import typing as t

from .._nginx.checks import PoolError

FORMS = 'write them as web1=3,web2=1 or as {"web1": 3, "web2": 1}'


def read_weights(value: t.Any) -> dict[str, t.Any]:
    """Return weights by member, from a mapping or from text.

    "web1=3,web2=1" is {"web1": "3", "web2": "1"}. A PoolError says what is wrong with the text, and
    shows both forms.
    """
    if isinstance(value, t.Mapping):
        return dict(value)
    if not isinstance(value, str):
        raise PoolError(f"weights: {value!r} is no weights: {FORMS}")
    text = value.strip()
    if not text:
        raise PoolError(f"weights: no weight is given: {FORMS}")
    return _by_member(_json_pairs(text) if text.startswith("{") else _pairs(text))


def _pairs(text: str) -> list[tuple[str, t.Any]]:
    """Return the parts of "web1=3,web2=1" as pairs."""
    pairs = []
    for part in text.split(","):
        name, equals, weight = (word.strip() for word in part.partition("="))
        if not (name and equals and weight) or len(f"{name} {weight}".split()) > 2:
            raise PoolError(f"weights: {text!r} is not understood at {part.strip()!r}: {FORMS}")
        pairs.append((name, weight))
    return pairs


def _json_pairs(text: str) -> list[tuple[str, t.Any]]:
    """Return the pairs of a JSON object, those that are given twice as well."""
    try:
        return json.loads(text, object_pairs_hook=list)
    except ValueError as exc:
        raise PoolError(f"weights: {text!r} is no JSON ({exc}): {FORMS}") from None


def _by_member(pairs: t.Iterable[tuple[str, t.Any]]) -> dict[str, t.Any]:
    weights: dict[str, t.Any] = {}
    for name, weight in pairs:
        if name in weights:
            raise PoolError(f"weights: {name} is given twice, as {weights[name]} and as {weight}")
        weights[name] = weight
    return weights
