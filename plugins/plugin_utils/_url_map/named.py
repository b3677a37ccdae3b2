# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pools a URL map names, as it was written. No Ansible, no I/O."""

from __future__ import annotations

import typing as t

from ...module_utils._values.entries import is_list


def named_pools(value: t.Any) -> list[str]:
    """Return the pools that a URL map names, each once: ["webapp", "api"].

    What makes no sense is passed over: `read_url_map` refuses it.
    """
    found: list[t.Any] = []
    for host in _mappings(_get(value, "hosts")):
        default = host.get("default")
        found += [] if isinstance(default, t.Mapping) else [default]
        for rule in _mappings([*_listed(host.get("rules")), default]):
            pools = rule.get("pools")
            found += [rule.get("pool"), *(pools if isinstance(pools, t.Mapping) else ())]
    return list(dict.fromkeys(name for name in found if isinstance(name, str)))


def _get(value: t.Any, key: str) -> t.Any:
    return value.get(key) if isinstance(value, t.Mapping) else None


def _listed(value: t.Any) -> t.Sequence[t.Any]:
    return value if is_list(value) else ()


def _mappings(value: t.Any) -> list[t.Mapping[str, t.Any]]:
    return [each for each in _listed(value) if isinstance(each, t.Mapping)]
