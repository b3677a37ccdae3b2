# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names by which clients ask, and which certificate covers which. No Ansible, no I/O."""

from __future__ import annotations

import typing as t


def covers(covering: str, name: str) -> bool:
    """Tell whether a name of a certificate covers a name: *.shop.example covers a.shop.example.

    A wildcard stands for one label, and covers itself.
    """
    covering, name = covering.lower(), name.lower()
    if covering == name:
        return True
    first, _dot, rest = name.partition(".")
    return covering.startswith("*.") and rest == covering[2:] and first not in ("", "*")


def covering(certificates: t.Mapping[str, t.Sequence[str]], name: str) -> str | None:
    """Return the certificate that covers a name, by the names of each; None if none does.

    One that has the name itself goes before one with a wildcard.
    """
    found = [key for key, names in certificates.items() if any(covers(n, name) for n in names)]
    exact = [key for key in found if name.lower() in map(str.lower, certificates[key])]
    return next(iter([*exact, *found]), None)
