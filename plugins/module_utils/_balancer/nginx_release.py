# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release of nginx: it tells its id when asked, and keeps what it was made from. No I/O."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass

from .._nginx.checks import PoolError
from .._release.release import Release

# Holds the inputs of the release, so that another one can be made with other weights.
STATE = "state.json"
# Lets nginx answer with the release's id. It is made from the id, and so is no part of the hash.
IDENTITY = "release.conf"
# The server block that includes release.conf, up to that line; the group is its port.
STATUS_SERVER = re.compile(
    r"^\s*listen\s+(?:127\.0\.0\.1:)?(\d+)[^{}]*^\s*include\s+release\.conf;", re.MULTILINE
)


@dataclass(frozen=True)
class NginxRelease(Release):
    """The files of one configuration of nginx: {"nginx.conf": "…", "state.json": "…", …}."""

    GENERATED: t.ClassVar[tuple[str, ...]] = (IDENTITY,)
    # state.json repeats what the upstreams say. The program of the unit is the collection's own.
    UNSHOWN: t.ClassVar[tuple[str, ...]] = (STATE, "agent/")

    def generated(self) -> dict[str, str]:
        """Return release.conf, which makes nginx answer /release with the id."""
        text = f'location = /release {{ default_type text/plain; return 200 "{self.id}\\n"; }}\n'
        return {IDENTITY: text}

    def is_private(self, path: str) -> bool:
        """Tell whether only root may read a file: secrets and state.json."""
        return path == STATE or super().is_private(path)

    def status_port(self, default: int) -> int:
        """Return the port on which this release answers /release.

        The files tell it: the port of the server that includes release.conf. The default is for
        files in which no such server is found.
        """
        matches = (STATUS_SERVER.search(text) for text in self.files.values())
        return next((int(match[1]) for match in matches if match), default)

    def state(self) -> dict[str, t.Any]:
        """Return the inputs from state.json: version, pools, listeners, overrides and engine.

        A release of a former version has no engine. A PoolError says that the file is missing or
        damaged.
        """
        try:
            state = json.loads(self.files[STATE])
            inputs = {key: state[key] for key in ("version", "pools", "listeners", "overrides")}
            return {**inputs, "engine": dict(state.get("engine") or {})}
        except (KeyError, TypeError, ValueError):
            raise PoolError(
                f"{STATE} of the live release is damaged: run the playbook nginx_lb, which mends it"
            ) from None
