# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts the note of the last deployment has, and the inventory has no more. No I/O."""

from __future__ import annotations

import re
import typing as t

# A rule of the note: "admit tcp:3000 to 10.1.0.3 (web2) from nginx_lb (10.0.0.2)".
_TARGET = re.compile(r"admit \S+ to (\S+) \((\S+)\) ")


def left(former: t.Iterable[str], present: t.Iterable[str]) -> list[str]:
    """Return a sentence for each host that the rules of the former note name alone."""
    gone = dict.fromkeys(_targets(former))
    for target in _targets(present):
        gone.pop(target, None)
    return [
        f"{name} ({address}) left the inventory, and its services run on. To remove them:"
        f" ansible-playbook playbooks/remove.yml -e host={name} -e address={address}"
        for address, name in gone
    ]


def _targets(rules: t.Iterable[str]) -> list[tuple[str, str]]:
    """Return the address and the name of each target."""
    return [(found[1], found[2]) for rule in rules if (found := _TARGET.match(rule))]
