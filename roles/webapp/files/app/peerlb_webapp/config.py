# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application's settings, read from its environment. Needs neither Flask nor MySQL."""

from __future__ import annotations

import ipaddress
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Network = t.Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

YES = frozenset(("1", "true", "yes", "on"))
NO = frozenset(("0", "false", "no", "off", ""))


class ConfigError(ValueError):
    """The environment has wrong values. The text has a line for each variable, and no password."""


@dataclass(frozen=True)
class Config:
    """All settings, checked. Ports are 1 to 65535; times are in seconds."""

    served_by: str = "localhost"
    zone: str = ""
    version: str = "unknown"
    port: int = 3000
    workers: int = 2
    threads: int = 16
    keepalive: int = 75
    diagnostics: bool = True
    trusted_proxies: tuple[Network, ...] = ()
    mysql_host: str = ""
    mysql_port: int = 3306
    mysql_database: str = "webapp"
    mysql_user: str = "webapp"
    mysql_password: str = field(default="", repr=False)
    mysql_tls: bool = True
    mysql_ca_file: str = ""
    valkey_host: str = ""
    valkey_port: int = 6379
    valkey_user: str = "webapp"
    valkey_password: str = field(default="", repr=False)

    @property
    def mysql_address(self) -> str:
        """Host and port as people write them, such as "10.0.0.2:3306"."""
        return f"{self.mysql_host}:{self.mysql_port}"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Config:
        """Return the settings from WEBAPP_*, MYSQL_* and VALKEY_*.

        ConfigError names all wrong variables.
        """
        values: dict[str, t.Any] = {}
        problems = []
        for name, read in READERS.items():
            variable = (
                name.upper() if name.startswith(("mysql_", "valkey_")) else f"WEBAPP_{name.upper()}"
            )
            if variable not in environ:
                continue
            try:
                values[name] = read(environ[variable])
            except ValueError as exc:
                problems.append(f"{variable}: {exc}")
        for store in ("mysql", "valkey"):
            try:
                values[f"{store}_password"] = _password(environ, store.upper())
            except ValueError as exc:
                problems.append(str(exc))
        if problems:
            raise ConfigError("\n".join(problems))
        return cls(**values)


def _number(low: int, high: int) -> t.Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdigit() or not low <= int(text) <= high:
            raise ValueError(f"{text!r} is not a number from {low} to {high}")
        return int(text)

    return read


def _flag(text: str) -> bool:
    if text.strip().lower() not in YES | NO:
        raise ValueError(f"{text!r} is neither true nor false")
    return text.strip().lower() in YES


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(word) for word in text.replace(",", " ").split())


def _file(path: str) -> str:
    """Return the path of a file that can be read, or "" for none."""
    try:
        if path:
            Path(path).read_bytes()
    except OSError as exc:
        raise ValueError(f"{path} cannot be read: {exc.strerror}") from None
    return path


def _password(environ: Mapping[str, str], store: str) -> str:
    """Return the password of a store, such as "MYSQL", from the file if there is one.

    "docker inspect" shows the environment, but not the file.
    """
    path = environ.get(f"{store}_PASSWORD_FILE")
    if not path:
        return environ.get(f"{store}_PASSWORD", "")
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "not UTF-8"
        raise ValueError(f"{store}_PASSWORD_FILE: {path} cannot be read: {reason}") from None
    return text[:-1] if text.endswith("\n") else text


READERS: dict[str, t.Callable[[str], t.Any]] = {
    "served_by": str,
    "zone": str,
    "version": str,
    "port": _number(1, 65535),
    "workers": _number(1, 64),
    "threads": _number(4, 256),
    "keepalive": _number(1, 3600),
    "diagnostics": _flag,
    "trusted_proxies": _networks,
    "mysql_host": str,
    "mysql_port": _number(1, 65535),
    "mysql_database": str,
    "mysql_user": str,
    "mysql_tls": _flag,
    "mysql_ca_file": _file,
    "valkey_host": str,
    "valkey_port": _number(1, 65535),
    "valkey_user": str,
}
