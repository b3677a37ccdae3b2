# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter for the rules of a host's own firewall; firewall_rules.yml documents it."""

from __future__ import annotations

import typing as t

from ..plugin_utils import _firewall
from ..plugin_utils._inventory import Inventory, from_declaration


@from_declaration
def firewall_rules(
    inventory: Inventory,
    host: str,
    trusted: t.Sequence[str] = _firewall.TRUSTED,
    extra: t.Any = (),
) -> str:
    """Return the rules of a host as a file for nft."""
    return _firewall.firewall_rules(inventory.topology, host, trusted, extra)


class FilterModule:
    """The filter of this file, for Ansible."""

    def filters(self) -> dict[str, t.Callable]:
        """Return the filter by name."""
        return {"firewall_rules": firewall_rules}
