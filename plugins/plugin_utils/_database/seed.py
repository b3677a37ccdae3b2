# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a seed can be loaded into its database, judged before any of it runs."""

from __future__ import annotations

import re
import typing as t

GZIP = b"\x1f\x8b"
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_DUMP = 'It looks like a dump of "mysqldump --databases"; make the dump without that option.'

# What stands between words, also "/*!40000" and "*/": MySQL runs what stands between those two.
_GAP = rb"(?:\s++|--(?=\s|\Z)[^\n]*+|\#[^\n]*+|/\*!\d*+|\*/|/\*(?!!).*?(?:\*/|\Z))"
_QUOTED = rb"'(?:[^'\\]++|\\.|'')*+'?|\"(?:[^\"\\]++|\\.|\"\")*+\"?|`[^`]*+`?"
_NAME = rb"`(?:[^`]|``)++`|[^\s;`'\"]++"
_COMMAND = re.compile(
    rb"(?>%(gap)s*)(?:"
    rb"DELIMITER[ \t]++(?P<delimiter>\S++)[^\n]*+"
    rb"|(?:USE\b|\\u)(?>%(gap)s*)(?P<use>%(name)s)[^\n;]*+"
    rb"|(?P<verb>CREATE|DROP)(?>%(gap)s+)(?:DATABASE|SCHEMA)\b"
    rb")" % {b"gap": _GAP, b"name": _NAME},
    re.DOTALL | re.IGNORECASE,
)


def seed_problem(data: t.Any, database: str) -> str:
    """Return why a seed cannot be loaded into a database, or "".

    data: the seed's bytes, unpacked, as bytes or a memory map. A name such as other.table in a
    statement is not judged.
    """
    head = bytes(data[:4096])
    packed = next((name for magic, name in _PACKED.items() if head.startswith(magic)), "")
    if packed:
        return f"It is packed with {packed}; unpack it, or pack it with gzip."
    if b"\0" in head:
        return "It is no text; a seed holds SQL in UTF-8."
    if head.startswith(b"/*!999999\\-"):
        return "It is a dump of MariaDB; remove its first line, which MySQL does not know."
    for found in _commands(data):
        if found["verb"]:
            verb = found["verb"].decode().upper()
            return f"It has a statement {verb} DATABASE, and the role creates the database. {_DUMP}"
        other = found["use"].strip(b"`").decode(errors="replace")
        if other != database:
            return f"It changes to the database {other} (USE). {_DUMP}"
    return ""


def _commands(data: t.Any) -> t.Iterator[re.Match[bytes]]:
    """Yield the statements that create, drop or change to a database."""
    position, rest = 0, _rest(b";")
    while position < len(data):
        found = _COMMAND.match(data, position)
        if found is None:
            statement = rest.match(data, position)
            position = statement.end() if statement else len(data)
            continue
        if found["delimiter"]:
            rest = _rest(found["delimiter"])
        else:
            yield found
        position = found.end()


def _rest(delimiter: bytes) -> re.Pattern[bytes]:
    """Return a pattern for all up to the end of a statement, or of the text."""
    mark, first = re.escape(delimiter), re.escape(delimiter[:1])
    plain = rb"[^'\"`\-\#/" + first + rb"]++"
    return re.compile(
        rb"(?>(?:%s|%s|%s|(?!%s).)*)(?:%s|\Z)" % (plain, _GAP, _QUOTED, mark, mark), re.DOTALL
    )
