# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signed a change, as a line of the history or an override tells it."""

from __future__ import annotations

import typing as t


def signed_by(entry: t.Mapping[str, t.Any]) -> str:
    """Return who made a change: "ada", or "ada (login ubuntu)" if the host saw another user.

    An entry of an earlier version of the collection has no login.
    """
    by, login = str(entry.get("by") or ""), str(entry.get("login") or "")
    return f"{by} (login {login})".lstrip() if login not in ("", by) else by
