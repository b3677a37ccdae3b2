# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx's configuration as directives: read a text, and write it again. No Ansible, no I/O.

A word keeps its quotes and its backslashes, so that what is written means what was read. Comments
and the places of line ends are lost.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .checks import PoolError

# As nginx reads: a quote counts only where a word begins, and "${" is part of a word.
TOKEN = re.compile(
    r"""
    [\s]+ | \#[^\n]*
    | (?P<token> [{};]
        | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
        | (?!["'])(?:\\.|\$\{|[^\s;{\\])+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Directive:
    """One directive: its words as they are written and, if it is a block, what stands in it."""

    words: tuple[str, ...]
    block: tuple[Directive, ...] | None = None

    @property
    def name(self) -> str:
        """Return the first word; "" for a directive without words."""
        return self.words[0] if self.words else ""

    def values(self) -> list[str]:
        """Return the words behind the name, without the quotes around them."""
        return [unquoted(word) for word in self.words[1:]]


def unquoted(word: str) -> str:
    """Return a word without the quotes around it."""
    return word[1:-1] if len(word) > 1 and word[0] in "\"'" and word[-1] == word[0] else word


def read_directives(text: str, place: str) -> list[Directive]:
    """Return the directives of a text; a PoolError says that the text, named place, has no end."""
    outer: list[tuple[list[str], list[Directive]]] = []
    words: list[str] = []
    found: list[Directive] = []
    for token in _tokens(text, place):
        if token == ";":
            found.append(Directive(tuple(words)))
            words = []
        elif token == "{":
            outer.append((words, found))
            words, found = [], []
        elif token == "}":
            if not outer or words:
                raise PoolError(f"{place}: a '}}' has no '{{', or follows a word without ';'")
            block = tuple(found)
            words, found = outer.pop()
            found.append(Directive(tuple(words), block))
            words = []
        else:
            words.append(token)
    if outer or words:
        raise PoolError(f"{place}: it ends within a directive; a ';' or a '}}' is missing")
    return found


def _tokens(text: str, place: str) -> t.Iterator[str]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise PoolError(f"{place}: a quote is not closed, or a word ends by a backslash")
        at = match.end()
        if match["token"]:
            yield match["token"]


def write_directives(directives: t.Iterable[Directive]) -> str:
    """Return the text of directives, one on a line."""
    return "".join(_lines(directives, ""))


def _lines(directives: t.Iterable[Directive], indent: str) -> t.Iterator[str]:
    for each in directives:
        words = " ".join(each.words)
        if each.block is None:
            yield f"{indent}{words};\n"
        else:
            yield f"{indent}{words} {{\n"
            yield from _lines(each.block, indent + "    ")
            yield f"{indent}}}\n"
