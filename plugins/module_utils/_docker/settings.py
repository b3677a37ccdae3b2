# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of an engine that was there before: kept beside ours, or named. No I/O."""

from __future__ import annotations

import hashlib
import json
import typing as t

Settings = dict[str, t.Any]
OWN_LABEL = "peerlb."


def is_ours(settings: t.Mapping[str, t.Any]) -> bool:
    """Tell whether the collection has written a daemon.json."""
    return any(str(label).startswith(OWN_LABEL) for label in settings.get("labels") or ())


def parse(text: str | None) -> Settings:
    """Return the settings in a daemon.json; a ValueError says why the text is none."""
    settings = json.loads(text or "{}")
    if not isinstance(settings, dict):
        raise ValueError("it is no JSON object")
    return settings


def merged(found: t.Any, own: t.Any) -> t.Any:
    """Return ours over those that were found; a list has the entries of both."""
    if isinstance(found, dict) and isinstance(own, dict):
        shared = {key: merged(found[key], value) for key, value in own.items() if key in found}
        return {**found, **own, **shared}
    if isinstance(found, list) and isinstance(own, list):
        return [*own, *(each for each in found if each not in own)]
    return own


def problems(found: t.Mapping[str, t.Any], own: t.Mapping[str, t.Any]) -> list[str]:
    """Return a sentence for each setting that was found and that ours would change."""
    conflicts = [
        f"daemon.json is not ours and sets {key} to {json.dumps(found[key])}, where the collection"
        f" sets {json.dumps(own[key])}: to keep it, set docker_daemon_config to"
        f" {json.dumps({key: found[key]})}"
        for key in sorted(found)
        if key in own and not _agree(found[key], own[key])
    ]
    if merged(found, own).get("iptables") is False:
        conflicts.append(
            "daemon.json sets iptables to false: then Docker leads nothing to a published port."
            " Take it out"
        )
    return conflicts


def _agree(found: t.Any, own: t.Any) -> bool:
    """Tell whether merging changes nothing that was found."""
    if isinstance(found, dict) and isinstance(own, dict):
        return all(_agree(value, own[key]) for key, value in found.items() if key in own)
    return found == own or (isinstance(found, list) and isinstance(own, list))


def with_found(
    found: Settings, own: Settings, labels: t.Sequence[str]
) -> tuple[Settings, list[str]]:
    """Return all settings and the two labels of the engine, which stand for all of the settings."""
    if not found:
        return own, list(labels)
    suffix = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:8]
    fresh = [f"{label}-{suffix}" for label in labels]
    others = [label for label in own.get("labels", ()) if label not in labels]
    return merged(found, {**own, "labels": [*others, *fresh]}), fresh
