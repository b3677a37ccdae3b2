# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between versions of nginx, in one table. No Ansible, no I/O.

Templates of the role nginx_lb cannot read it; a test compares what they need, in vars/main.yml.
"""

from __future__ import annotations

import re
import typing as t

from .checks import PoolError

Version = tuple[int, ...]

# The first version that has a feature, which is a word of ours.
SINCE: dict[str, Version] = {
    # The directive http2; before, it was a parameter of listen.
    "http2_directive": (1, 25, 1),
    # The parameter resolve of a server, and the directive resolver of an upstream.
    "resolve": (1, 27, 3),
    # The directive: a reload leaves a client that long to send a request on an open connection.
    "keepalive_min_timeout": (1, 27, 4),
    # The variables $request_port and $is_request_port.
    "request_port": (1, 29, 3),
    # The directive, and the parameter drain of a server.
    "sticky": (1, 29, 6),
    # Connections to members are kept open unless an upstream has `keepalive 0;`, which versions
    # before refuse.
    "keepalive_by_default": (1, 29, 7),
}
NEWEST = max(SINCE.values())


def parse_version(text: t.Any) -> Version:
    """Return a version of nginx as numbers: "1.29.6-alpine" gives (1, 29, 6).

    "1.30" gives (1, 30, 0), the least that such a tag can mean. A PoolError says that the text does
    not begin with a version.
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str(text))
    if not match:
        raise PoolError(
            f"nginx version {text!r} is not a number such as 1.30;"
            " set nginx_lb_version where the image's tag does not tell it"
        )
    return tuple(int(part or 0) for part in match.groups())


def show_version(version: Version) -> str:
    """Return a version as text: (1, 29, 6) gives "1.29.6"."""
    return ".".join(str(part) for part in version)


def has(version: Version, feature: str) -> bool:
    """Tell whether a version of nginx has a feature, one of SINCE."""
    return version >= SINCE[feature]
