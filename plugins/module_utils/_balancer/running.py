# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nginx runs, as nginx itself says, and whether it has known holes."""

from __future__ import annotations

import re

from .._nginx.versions import parse_version, show_version
from .._release.engine import Engine

# The first release without known holes: https://nginx.org/en/security_advisories.html
SAFE_SINCE = (1, 30, 4)


def running_nginx(engine: Engine, container: str) -> dict[str, str]:
    """Return the version of the nginx in a container, and a note if that version has known holes.

    {"version": "1.30.2", "note": "nginx 1.30.2 has known holes. …"}. Both are empty if no
    container runs.
    """
    _code, out, err = engine.run(["docker", "exec", container, "nginx", "-v"])
    found = re.search(r"nginx version: \S*?/(\d+\.\d+\.\d+)", out + err)
    version = found[1] if found else ""
    if not found or parse_version(version) >= SAFE_SINCE:
        return {"version": version, "note": ""}
    note = (
        f"nginx {version} has known holes. The first release without is {show_version(SAFE_SINCE)}:"
        " set nginx_lb_image to it or to a newer one."
    )
    return {"version": version, "note": note}
