# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's own firewall from the declaration. The filter has its documentation beside this file."""

from __future__ import annotations

import typing as t

from ..plugin_utils import _firewall
from ..plugin_utils._inventory import Declared, from_declaration


@from_declaration
def firewall_rules(given: Declared, host: str, trusted: t.Sequence[str] = _firewall.TRUSTED) -> str:
    return _firewall.firewall_rules(given.topology, host, trusted)


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"firewall_rules": firewall_rules}
