# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the web application firewall beside nginx does, and what guards requests at all."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .._release.engine import Engine
from .._traffic.access_log import parse_since
from .._traffic.firewall import count_matches
from .guard_status import guard_status
from .waf import COMPOSE_FILE, NAME

LINES = 20_000  # of the audit log, the newest


def guards(
    engine: Engine, root: Path, files: t.Container[str], since: str
) -> dict[str, dict[str, t.Any]]:
    """Return {"guard": …, "waf": …}: what `guard_status` and `waf_status` tell."""
    return {"guard": guard_status(root, files), "waf": waf_status(engine, files, since)}


def waf_status(engine: Engine, files: t.Container[str], since: str) -> dict[str, t.Any]:
    """Return the state of the firewall, and what it did since so long ago, such as "5m".

    files are the paths of the live release; {} if it has no firewall. The state is Docker's, such
    as "running", or "missing". A ValueError says what is wrong with since.
    """
    if COMPOSE_FILE not in files:
        return {}
    record = engine.inspect(NAME)[0]
    state = record["State"].get("Status", "") if record else "missing"
    if not since:
        return {"state": state}
    seconds = int(parse_since(since).total_seconds())
    command = ["docker", "logs", "--since", f"{seconds}s", "--tail", str(LINES), NAME]
    _code, out, _err = engine.run(command)
    return {"state": state, **count_matches(out.splitlines())}
