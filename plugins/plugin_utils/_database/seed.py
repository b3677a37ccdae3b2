# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a seed can be loaded into its database, judged before any of it runs."""

from __future__ import annotations

import re
import typing as t

GZIP = b"\x1f\x8b"
_PACKED = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip"}
_DUMP = 'It looks like a dump of "mysqldump --databases"; make the dump without that option.'

_OTHER = {
    "use": f"It changes to the database {{other}} (USE). {_DUMP}",
    "altered": "It changes the settings of the database {other} (ALTER DATABASE).",
    "qualifier": "It has a statement on a table of the database {other}.",
}

# What stands between words, also "/*!40000" and "*/": MySQL runs what stands between those two.
_GAP = rb"(?:\s++|--(?=\s|\Z)[^\n]*+|\#[^\n]*+|/\*!\d*+|\*/|/\*(?!!).*?(?:\*/|\Z))"
_QUOTED = rb"'(?:[^'\\]++|\\.|'')*+'?|\"(?:[^\"\\]++|\\.|\"\")*+\"?|`[^`]*+`?"
_NAME = rb"`(?:[^`]|``)++`|[^\s;`'\"]++"
_PLAIN = rb"`(?:[^`]|``)++`|[^\s;`'\".(),=]++"  # a name without a qualifier
# Statements that reach beyond the database, wherever they run.
_BEYOND = (
    rb"(?:CREATE|ALTER|DROP|RENAME)_(?:USER|ROLE|SERVER|TABLESPACE|INSTANCE)\b|GRANT\b|REVOKE\b"
    rb"|SET_(?:[^;'\"`]*,\s*)?(?:(?:GLOBAL|PERSIST|PERSIST_ONLY)\b|@@(?:GLOBAL|PERSIST|PERSIST_ONLY)\s*\.)"
    rb"|SET_(?:PASSWORD|(?:DEFAULT_)?ROLE)\b|(?:RESET|PURGE|SHUTDOWN|RESTART|KILL|CLONE)\b"
    rb"|(?:UN)?INSTALL_(?:PLUGIN|COMPONENT)\b|(?:CHANGE|START|STOP)_(?:REPLICATION|REPLICA|MASTER|SLAVE)\b"
    rb"|\\[.!r]|(?:SOURCE|SYSTEM|CONNECT)\b"
)
# Statements whose subject may be a table of another database.
_SUBJECT = (
    rb"(?:(?:CREATE|ALTER|DROP)_(?:OR_REPLACE_)?(?:TEMPORARY_)?(?:TABLE|VIEW)|TRUNCATE(?:_TABLE)?"
    rb"|(?:INSERT|REPLACE)(?:_IGNORE)?(?:_INTO)?|DELETE_FROM|UPDATE)(?:_IF_(?:NOT_)?EXISTS)?_"
)
_COMMAND = re.compile(
    rb"(?>%(gap)s*)(?:"
    rb"DELIMITER[ \t]++(?P<delimiter>\S++)[^\n]*+"
    rb"|(?:USE\b|\\u)(?>%(gap)s*)(?P<use>%(name)s)[^\n;]*+"
    rb"|(?P<verb>CREATE|DROP)(?>%(gap)s+)(?:DATABASE|SCHEMA)\b"
    rb"|ALTER(?>%(gap)s+)(?:DATABASE|SCHEMA)(?>%(gap)s+)(?P<altered>%(name)s)"
    rb"|(?P<beyond>%(beyond)s)"
    rb"|%(subject)s(?P<qualifier>%(plain)s)\s*+\.\s*+(?=[`\w])"
    rb")"
    % {
        b"gap": _GAP,
        b"name": _NAME,
        b"plain": _PLAIN,
        b"beyond": _BEYOND.replace(b"_", b"(?>%s+)" % _GAP).replace(
            b"PERSIST(?>%s+)" % _GAP, b"PERSIST_"
        ),
        b"subject": _SUBJECT.replace(b"_", b"(?>%s+)" % _GAP),
    },
    re.DOTALL | re.IGNORECASE,
)


def seed_problem(data: t.Any, database: str) -> str:
    """Return why a seed cannot be loaded into a database, or "".

    data: the seed's bytes, unpacked, as bytes or a memory map. A name such as other.table is judged
    only where it is what a statement makes, changes or fills, not within a query.
    """
    head = bytes(data[:4096])
    packed = next((name for magic, name in _PACKED.items() if head.startswith(magic)), "")
    if packed:
        return f"It is packed with {packed}; unpack it, or pack it with gzip."
    if b"\0" in head:
        return "It is no text; a seed holds SQL in UTF-8."
    if head.startswith(b"/*!999999\\-"):
        return "It is a dump of MariaDB; remove its first line, which MySQL does not know."
    return next(filter(None, (_complaint(found, database) for found in _commands(data))), "")


def _complaint(found: re.Match[bytes], database: str) -> str:
    """Return what is wrong with a statement; "" for one that stays in the database."""
    if found["verb"]:
        verb = found["verb"].decode().upper()
        return f"It has a statement {verb} DATABASE, and the role creates the database. {_DUMP}"
    if found["beyond"]:
        words = " ".join(found["beyond"].decode(errors="replace").split())
        rest = bytes(found.string[found.end() : found.end() + 11]).upper()
        gtid = "GTID_PURGED" if rest == b"GTID_PURGED" else ""
        helped = " Make the dump with --set-gtid-purged=OFF." if gtid else ""
        return f"It has a statement {words}{gtid}, which reaches beyond its database.{helped}"
    for name in ("use", "altered", "qualifier"):
        other = (found[name] or b"").strip(b"`").decode(errors="replace")
        if other and other != database:
            return _OTHER[name].format(other=other)
    return ""


def _commands(data: t.Any) -> t.Iterator[re.Match[bytes]]:
    """Yield the statements that may leave their database."""
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
