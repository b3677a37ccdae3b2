# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge the numbers that modules which change a service have in common."""

from __future__ import annotations

import typing as t

from .._values.entries import duration


def refuse_limits(params: t.Mapping[str, t.Any], error: type[ValueError]) -> None:
    """Raise the error if a module would wait without an end, or keep no release to go back to."""
    try:
        for key in ("timeout", "lock_timeout"):
            duration(key, params.get(key, 0))
    except ValueError as exc:
        raise error(str(exc)) from None
    if params["keep"] < 2:
        raise error(f"keep: {params['keep']}: 2 is the least, or no way back")
