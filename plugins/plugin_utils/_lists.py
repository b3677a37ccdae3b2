# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that lists of the gatekeeper name. It reads files, and knows nothing else."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ._guard.reading import files_of


def read_lists(gatekeeper: t.Any, directory: str) -> dict[str, str]:
    """Return the text of each file that a gatekeeper, as it was written, names.

    A file whose path is relative lies below the directory. A ValueError names the file that cannot
    be read.
    """
    found = {}
    for name in files_of(gatekeeper):
        path = Path(directory or ".", name)
        try:
            # "-sig" takes a mark before the text, as programs of Windows write it.
            found[name] = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            problem = f"file {name} cannot be read as {path}: {reason}"
            raise ValueError(f"peerlb_gatekeeper.lists: {problem}") from exc
    return found


def add_lists(variables: dict[str, dict[str, t.Any]], hosts: t.Iterable[str]) -> None:
    """Add the text of the files that the gatekeepers of hosts name to their variables, as `lists`.

    variables: `peerlb_gatekeeper` and `inventory_dir` by host.
    """
    for own in (variables[host] for host in hosts if host in variables):
        directory = str(own.get("inventory_dir") or ".")
        own["lists"] = read_lists(own.get("peerlb_gatekeeper"), directory)
