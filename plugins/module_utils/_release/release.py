# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release is: the files of one tested nginx configuration. No Ansible, no I/O."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from dataclasses import dataclass

from .._nginx.checks import PoolError

# From which the upstreams can be made again with other weights.
STATE = "state.json"
# Written beside the release's files, from its id, so that the id can be asked for from outside.
IDENTITY = "release.conf"
# Within one server: where it listens, and that it answers with the id.
ANSWERS = re.compile(
    r"^\s*listen\s+(?:127\.0\.0\.1:)?(\d+)[^{}]*^\s*include\s+release\.conf;", re.MULTILINE
)


@dataclass(frozen=True)
class Release:
    """The files by path; the id is the hash of them all."""

    files: dict[str, str]

    @property
    def id(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self.files):
            for part in (path, self.files[path]):
                data = part.encode()
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()[:12]

    def identity(self) -> str:
        """Return what makes the status listener answer with the id."""
        return f'location = /release {{ default_type text/plain; return 200 "{self.id}\\n"; }}\n'

    def status_port(self, otherwise: int) -> int:
        """Return the port where this release answers with its id; otherwise, if no file tells."""
        found = (ANSWERS.search(text) for text in self.files.values())
        return next((int(match[1]) for match in found if match), otherwise)

    def state(self) -> dict[str, t.Any]:
        """Return what it was made of, from state.json; a PoolError says that this is damaged."""
        try:
            state = json.loads(self.files[STATE])
            return {key: state[key] for key in ("version", "pools", "listeners", "overrides")}
        except (KeyError, TypeError, ValueError):
            raise PoolError(
                f"{STATE} of the live release is damaged: run the playbook nginx_lb, which mends it"
            ) from None
