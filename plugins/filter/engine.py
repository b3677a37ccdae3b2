# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter for the addresses of Docker's own networks; engine_networks.yml documents it."""

from __future__ import annotations

import typing as t

from ..plugin_utils._derive import engine
from ..plugin_utils._hostvars import read_variables
from ..plugin_utils._inventory import errors_for_ansible


def engine_networks(declaration: t.Any, used: t.Any = None) -> dict[str, t.Any]:
    """Return settings with which Docker's own networks keep off what is declared, and used."""
    with errors_for_ansible():
        return engine.engine_networks(
            [*engine.written_ranges(declaration), *engine.used_ranges(_own(used))]
        )


def _own(used: t.Any) -> dict[str, t.Any]:
    """Return what is read of a host's variables; what cannot be evaluated is left out."""
    names = (*engine.IN_USE, "docker_daemon_config")
    by_host = {"": used if isinstance(used, t.Mapping) else {}}
    return read_variables(by_host, {"": names})[0][""]


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"engine_networks": engine_networks}
