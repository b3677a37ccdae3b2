# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nginx reads the target of a request, and writes a path that was changed. No Ansible, no I/O.

Texts stand for bytes: each character is one byte (latin-1), as nginx knows no encoding.
"""

from __future__ import annotations

import re
import typing as t

# What ngx_escape_uri() writes in another form in a path: control characters, space, bytes above
# 0x7e, and these.
ESCAPED = re.compile(r"[\x00-\x20\x7f-\xff\"#%<>?\\^`{|}]")
# A path that members may read in another way than nginx does. The role writes the same for nginx.
ODD = r"^[^?#]*(?://|/\.{1,2}(?:[/?#]|$)|%2f|%2e)"
_ODD = re.compile(ODD, re.IGNORECASE)
_HEX = re.compile(r"%([0-9A-Fa-f]{2})")
_REFUSED = re.compile(r"[\x00-\x20\x7f]")  # nowhere in a target
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})|%00")  # not in a path


def to_bytes(text: str) -> str:
    """Return a text with one character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def is_odd(target: str) -> bool:
    """Tell whether a path holds //, /./, /../, %2f or %2e, or ends with /. or /.. ."""
    return bool(_ODD.search(target))


def split_target(target: str) -> tuple[str, str]:
    """Return the path and the query of a target: "/a?b#c" gives "/a" and "b"."""
    before, _hash, _fragment = target.partition("#")
    path, _mark, query = before.partition("?")
    return path, query


def normalise(target: str) -> str | None:
    """Return the path by which nginx chooses a location; None if it answers 400.

    Percent signs are decoded once, then slashes are merged and dot segments are resolved; query and
    fragment are cut off. "//a/./b/%2e%2E/c%2Fd?x" gives "/a/c/d". A path that leads above the root
    is refused.
    """
    path, _query = split_target(target)
    if not path.startswith("/") or _REFUSED.search(target) or _BROKEN.search(path):
        return None
    decoded = _HEX.sub(lambda found: chr(int(found[1], 16)), path)
    # A "?", "#" or "%" that was decoded is a letter of the path, and ends or begins nothing.
    return decoded if "//" not in decoded and "/." not in decoded else _resolved(decoded)


def _resolved(path: str) -> str | None:
    """Return a path with its slashes merged and its dot segments resolved."""
    parts: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == ".." and not parts:
            return None
        if segment == "..":
            parts.pop()
        elif segment not in ("", "."):
            parts.append(segment)
    ended = "/" if parts and segments[-1] in ("", ".", "..") else ""
    return "/" + "/".join(parts) + ended


def escape(path: str) -> str:
    """Return a decoded path as nginx writes it to a member."""
    return ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", path)


def prefixes(path: str) -> t.Iterator[str]:
    """Yield the stems of the prefixes that hold a path, the longest first.

    "/a/b" gives "/a/b", "/a" and ""; "/a/" gives "/a" and "".
    """
    end = len(path)
    if not path.endswith("/"):
        yield path
    while (end := path.rfind("/", 0, end)) >= 0:
        yield path[:end]
