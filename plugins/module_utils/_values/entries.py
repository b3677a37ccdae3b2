# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read entries that people wrote, and say in one style what is wrong with them.

Each reader takes a key and its value, returns the value, and raises a ValueError that begins with
the key: "port is 0, not a whole number from 1 to 65535". `errors_at` puts the entry's place before
such a message. No Ansible, no I/O.
"""

from __future__ import annotations

import difflib
import re
import typing as t

SHOWN = 12  # names in a message; a person reads no more
MOST = 120  # characters of a value in a message
A_DAY = 86400  # seconds
DIGITS = re.compile(r"[0-9]{1,18}")  # \d would match the digits of every script
QUOTE_IT = "YAML may have changed what was written: quote it"
KINDS = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
}
Kind = t.TypeVar("Kind")


class errors_at:
    """Put a place before the message of a ValueError, and raise it as `error`.

    with errors_at("listener 80", PoolError):
        one_of("protocol", "udp", ("http", "tcp"))
    raises PoolError("listener 80: protocol is 'udp', not one of http, tcp").
    """

    # A class is twice as fast as contextlib.contextmanager, and a cloud's document has many fields.
    def __init__(self, place: str, error: type[ValueError] = ValueError) -> None:
        self.place, self.error = place, error

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: t.Any, exc: BaseException | None, _traceback: t.Any) -> None:
        if isinstance(exc, ValueError):
            raise self.error(f"{self.place}: {exc}") from None


def misfit(key: str, value: t.Any, wanted: str, secret: bool = False) -> ValueError:
    """Return the error for a value that is not as wanted.

    misfit("port", 0, "a port") is ValueError("port is 0, not a port"); the key "" means the whole
    entry: "is None, not a mapping". With secret, which the readers below take too, the value is not
    shown: "port: the value is not a port".
    """
    if secret:
        return ValueError(f"{key}: the value is not {wanted}".removeprefix(": "))
    text = repr(value)
    text = text if len(text) <= MOST else f"{text[:MOST]}…"
    return ValueError(f"{key} is {text}, not {wanted}".lstrip())


def shown(value: t.Any) -> str:
    """Return a value for a message, on one line: text as it is if it can be printed.

    web1 stays web1, and a name with a line break is "'web\\n1'".
    """
    text = str(value)
    text = text if text.isprintable() else repr(text)
    return text if len(text) <= MOST else f"{text[:MOST]}…"


def text(key: str, value: t.Any, secret: bool = False) -> str:
    """Return the value if it is text; a message about a secret does not show it.

    YAML makes a number, a date or a truth of much that people do not quote: 1.10 is 1.1, and 010 is
    8. What was written cannot be told from the value any more.
    """
    if isinstance(value, str):
        return value
    what = "the value is not text" if secret else f"is {value!r}, not text"
    raise ValueError(f"{key}: {what}, and {QUOTE_IT}" if secret else f"{key} {what}; {QUOTE_IT}")


def line(key: str, value: t.Any) -> str:
    """Return the value if it is text of one line, without any control character."""
    if not text(key, value).isprintable():
        raise misfit(key, value, "text of one line without control characters")
    return value


def missing(key: str) -> ValueError:
    """Return the error for a key that an entry has to have."""
    return ValueError(f"{key} is missing")


def is_list(value: t.Any) -> bool:
    """Tell whether a value is a list or a tuple; text and mappings are not, though iterable."""
    return isinstance(value, t.Sequence) and not isinstance(value, (str, bytes))


def typed(key: str, value: t.Any, kind: type[Kind], secret: bool = False) -> Kind:
    """Return the value if it is of this kind, which is one of KINDS."""
    if kind is list:
        fits = is_list(value)
    elif kind is dict:
        fits = isinstance(value, t.Mapping)
    else:  # Python counts true and false among the whole numbers
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if not fits:
        raise misfit(key, value, KINDS[kind], secret)
    return value


def whole_number(key: str, value: t.Any, low: int, high: int, secret: bool = False) -> int:
    """Return a whole number from low to high, given as a number or as digits."""
    digits = str(value)
    if isinstance(value, bool) or not DIGITS.fullmatch(digits) or not low <= int(digits) <= high:
        raise misfit(key, value, f"a whole number from {low} to {high}", secret)
    return int(digits)


def duration(key: str, value: float) -> float:
    """Return a number of seconds from 0 to a day; nan and inf, which never end, are refused."""
    if not 0 <= value <= A_DAY:
        raise misfit(key, value, f"a number of seconds from 0 to {A_DAY}")
    return value


def parse_port(value: t.Any) -> int:
    """Return a port, 1 to 65535, given as a number or as digits."""
    return whole_number("port", value, 1, 65535)


def one_of(key: str, value: t.Any, choices: t.Sequence[str], secret: bool = False) -> str:
    """Return the value if it is one of the choices."""
    if value not in choices:
        raise misfit(key, value, f"one of {', '.join(choices)}", secret)
    return str(value)


def read_mapping(
    entry: t.Any,
    required: t.Sequence[str],
    optional: t.Sequence[str] = (),
    secret: bool = False,
) -> dict[str, t.Any]:
    """Return a copy of an entry that has all the required keys and no unknown ones.

    An empty text or list counts as missing; 0 and False do not.
    """
    if not isinstance(entry, t.Mapping):
        keys = f" with {', '.join(required)}" if required else ""
        raise misfit("", entry, f"a mapping{keys}", secret)
    for problem in unknown_keys(entry, (*required, *optional)):
        raise ValueError(problem)
    for key in required:
        if entry.get(key) in (None, "", []):
            raise missing(key)
    return dict(entry)


def unknown_keys(entry: t.Iterable[t.Any], known: t.Sequence[str]) -> list[str]:
    """Return a message for each key of an entry that is not known.

    {"wieght": 2} gives ["unknown key wieght; known: weight, state; is weight meant?"].
    """
    problems = []
    for key in entry:
        if key not in known:
            near = _nearest(str(key), known)
            hint = f"; is {near} meant?" if near else ""
            problems.append(f"unknown key {shown(key)}; known: {', '.join(known)}{hint}")
    return problems


def suggestion(name: str, known: t.Sequence[str]) -> str:
    """Return "is webapp meant?" if a known name is near, else "known: mysql, webapp"."""
    near = _nearest(name, known)
    return f"is {near} meant?" if near else f"known: {listing(known)}"


def _nearest(name: str, known: t.Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(name, known, 1)), "")


def listing(names: t.Iterable[str]) -> str:
    """Return all names, or the first dozen and how many more there are: "a, b and 3 more"."""
    every = list(names)
    rest = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
