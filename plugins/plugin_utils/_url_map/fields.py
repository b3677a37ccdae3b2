# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the single values of a URL map: paths, names, methods, headers, URLs. No Ansible, no I/O.

Each reader takes a key and its value, and raises a ValueError that begins with the key. What it
lets pass can stand in a file of nginx: no `$`, which begins a variable there, and no line break.
"""

from __future__ import annotations

import re
import typing as t

from ...module_utils._values.entries import is_list, line, misfit, one_of, text, typed, whole_number

# Letters that stand in a request as they are. Others are percent-encoded, and paths here are not.
PATH = re.compile(r"/[A-Za-z0-9._~!&'()+,;=:@/-]*")
LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*")
PATTERN = re.compile(rf"(?:\*\.)?{NAME.pattern}")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
URL = re.compile(rf"(https?)://({NAME.pattern})(:[0-9]{{1,5}})?(/[!#-\[\]-~]*)?", re.IGNORECASE)
SIZE = re.compile(r"[0-9]{1,9}[kmg]?", re.IGNORECASE)
TIME = re.compile(r"0*[1-9][0-9]{0,8}(?:ms|s|m|h|d)?")
MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+(?:; ?charset=[A-Za-z0-9-]+)?")
MOST_OF_A_BODY = 2000  # bytes; nginx reads a word of up to 4,096
LONGEST = 1000  # letters of a path, a URL or the value of a header
LONGEST_NAME = 253
LETTERS = "letters, digits and any of . _ ~ ! & ' ( ) + , ; = : @ -"


def _short(key: str, value: str, longest: int) -> str:
    """Return a text that is not too long."""
    if len(value) > longest:
        raise ValueError(f"{key} has {len(value)} letters; at most {longest} can be")
    return value


def plain_path(key: str, value: t.Any) -> str:
    """Return a path such as /api, written as nginx reads it."""
    return _plain(key, text(key, value), value)


def _plain(key: str, path: str, value: str) -> str:
    """Return a path that is written as nginx reads it; a message shows the value it is of."""
    if not PATH.fullmatch(path):
        raise misfit(key, value, f"a path such as /api: a slash, then {LETTERS}")
    elements = path.split("/")[1:]
    _short(key, path, LONGEST)
    if "" in elements[:-1] or "." in elements or ".." in elements:
        raise misfit(key, value, "a path in its plain form, without //, /./ and /../")
    return path


def rule_path(key: str, value: t.Any) -> str:
    """Return the path of a rule: /api for that path alone, /api/* with all that is below it."""
    written = text(key, value)
    stem = written[:-2] if written.endswith("/*") else written
    if "*" in stem:
        raise misfit(key, value, "a path with * at its end alone, after a slash, such as /api/*")
    if not stem and written == "/*":
        return written
    if stem.endswith("/") and stem != written:
        raise misfit(key, value, "a path in its plain form, without //, /./ and /../")
    _plain(key, stem, written)
    return written


def host_names(key: str, value: t.Any) -> tuple[str, ...]:
    """Return names of hosts in lower case."""
    if not is_list(value):
        raise misfit(key, value, "a list of names such as shop.example or *.shop.example")
    for each in value:
        if not PATTERN.fullmatch(text(key, each).lower()):
            raise misfit(key, each, "a name such as shop.example or *.shop.example, without port")
        _short(key, each, LONGEST_NAME)
    return tuple(each.lower() for each in value)


def host_name(key: str, value: t.Any) -> str:
    """Return one name of a host, with a port if one is given."""
    name, colon, port = text(key, value).partition(":")
    if not NAME.fullmatch(name.lower()) or (colon and not re.fullmatch("[0-9]{1,5}", port)):
        raise misfit(key, value, "the name of a host such as shop.example")
    return value.lower()


def methods(key: str, value: t.Any) -> tuple[str, ...]:
    """Return the methods of a rule, each once."""
    if not is_list(value) or not value:
        raise misfit(key, value, f"a list of methods: {', '.join(METHODS)}")
    return tuple(dict.fromkeys(one_of(key, each, METHODS) for each in value))


def method(key: str, value: t.Any) -> str:
    """Return one method."""
    return one_of(key, value, METHODS)


def wanted_headers(key: str, value: t.Any) -> tuple[tuple[str, str | bool], ...]:
    """Return the names of headers and what their values have to be; true is any, false is none."""
    pairs = _pairs(key, value, f'{"{"}X-Beta: "1", X-User: true{"}"}')
    for name, wanted in pairs:
        if not isinstance(wanted, bool):
            header_value(f"{key}.{name}", wanted)
    return tuple(pairs)


def sent_headers(key: str, value: t.Any) -> dict[str, str]:
    """Return the headers that a test sends."""
    pairs = _pairs(key, value, '{X-Beta: "1"}')
    return {name: header_value(f"{key}.{name}", each) for name, each in pairs}


def header_value(key: str, value: t.Any) -> str:
    """Return the value of a header, as nginx can compare it."""
    if not HEADER_VALUE.fullmatch(text(key, value)) or "$" in value:
        raise misfit(key, value, "a value of printable ASCII letters without $, or true or false")
    return _short(key, value, LONGEST)


def _pairs(key: str, value: t.Any, example: str) -> list[tuple[str, t.Any]]:
    if not isinstance(value, t.Mapping) or not value:
        raise misfit(key, value, f"a mapping such as {example}")
    seen: set[str] = set()
    for name in value:
        if not HEADER.fullmatch(text(f"{key}: the name", name)):
            raise misfit(key, name, "the name of a header such as X-Beta: letters, digits and -")
        if name.lower() == "host":
            raise misfit(key, name, "a header but Host, which names of the host compare")
        if name.lower() in seen:
            raise ValueError(f"{key} names {name} twice; upper and lower case are the same")
        seen.add(name.lower())
    return list(value.items())


def url(key: str, value: t.Any) -> str:
    """Return a whole URL such as https://shop.example/new."""
    if not URL.fullmatch(text(key, value)) or "$" in value:
        raise misfit(key, value, "a URL such as https://shop.example/new, without $ and quotes")
    return _short(key, value, LONGEST)


def size(key: str, value: t.Any) -> str:
    """Return a size as nginx writes it."""
    if isinstance(value, bool) or not SIZE.fullmatch(str(value)):
        raise misfit(key, value, "a size such as 64k, 10m or 1g; 0 is without a limit")
    return str(value)


def time(key: str, value: t.Any) -> str:
    """Return a time as nginx writes it."""
    if isinstance(value, bool) or not TIME.fullmatch(str(value)):
        raise misfit(key, value, "a time of more than 0, such as 500ms, 10s or 1h")
    return str(value)


def truth(key: str, value: t.Any) -> bool:
    """Return true or false."""
    return typed(key, value, bool)


def status(key: str, value: t.Any) -> int:
    """Return a status that nginx can answer by itself, and that is no redirect."""
    number = whole_number(key, value, 200, 599)
    if 300 <= number < 400 or number in (444, 499):
        raise misfit(key, value, "a status from 200 to 299 or from 400 to 599, but 444 and 499")
    return number


def body(key: str, value: t.Any) -> str:
    """Return the text of an answer."""
    if "$" in text(key, value) or "\0" in value:
        raise misfit(key, value, "text without $, which nginx would take for a variable")
    if len(value.encode()) > MOST_OF_A_BODY:
        raise ValueError(f"{key} is longer than {MOST_OF_A_BODY} bytes; let a pool answer it")
    return value


def media_type(key: str, value: t.Any) -> str:
    """Return a media type such as text/html; charset=utf-8."""
    if not MEDIA_TYPE.fullmatch(line(key, value)):
        raise misfit(key, value, "a media type such as text/plain or application/json")
    return value
