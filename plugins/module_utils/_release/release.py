# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release: the files of one state of a service, named by their hash. No Ansible, no I/O."""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t
from dataclasses import dataclass, field

COMPOSE_FILE = "compose.yml"
# A second Compose file, with the environment that may hold secrets.
ENVIRONMENT = "environment.yml"
SECRETS = "secrets/"
# Shorter values are too common in other words to be looked for.
SHORTEST_MASKED = 6
MASK = "********"


@dataclass(frozen=True)
class Release:
    """The text of each file by its path: {"compose.yml": "…", "secrets/password": "…"}.

    key is a secret of the host. Secrets enter the id by way of it, so that nobody can find a
    password by trying which one gives this id. Releases with the same files are the same: a host
    may have got its key after the release, for another one that has secrets.
    """

    files: dict[str, str]
    key: str = field(default="", repr=False, compare=False)

    # Files that are made from the id, and so are no part of the hash.
    GENERATED: t.ClassVar[tuple[str, ...]] = ()
    # Files, or directories with a slash at the end, that a diff leaves out.
    UNSHOWN: t.ClassVar[tuple[str, ...]] = ()

    @classmethod
    def is_shown(cls, path: str) -> bool:
        """Tell whether a diff shows a file."""
        return not any(
            path.startswith(each) if each.endswith("/") else path == each for each in cls.UNSHOWN
        )

    @property
    def id(self) -> str:
        """Return the first 12 hexadecimal digits of the hash of all paths and texts."""
        digest = hashlib.sha256()
        for path in sorted(self.files):
            for part in (path, self._identity_of(path)):
                data = part.encode()
                # With its length, or a byte that moves from a path to a text would change nothing.
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()[:12]

    def _identity_of(self, path: str) -> str:
        """Return what stands for a file in the hash: its text, or the keyed hash of a secret."""
        text = self.files[path]
        if not is_secret(path):
            return text
        return hmac.new(self.key.encode(), text.encode(), hashlib.sha256).hexdigest()

    def generated(self) -> dict[str, str]:
        """Return the files that are written beside those of the hash, by path."""
        return {}

    def is_private(self, path: str) -> bool:
        """Tell whether only the owner may read a file."""
        return is_secret(path)

    def secret_values(self) -> list[str]:
        """Return the values that no message may show, the longest first."""
        values = [text for path, text in self.files.items() if path.startswith(SECRETS)]
        values += environment_of(self.files.get(ENVIRONMENT, "{}")).values()
        return sorted({each for each in values if len(each) >= SHORTEST_MASKED}, key=len)[::-1]

    def masked(self, text: str) -> str:
        """Return a text in which every secret of the release is replaced by asterisks."""
        for value in self.secret_values():
            text = text.replace(value, MASK)
        return text

    def shown(self, path: str, other: Release | None) -> str:
        """Return how a diff against another release shows a file: a secret shows no value."""
        text = self.files.get(path, "")
        if not text or not is_secret(path):
            return text
        if path != ENVIRONMENT:
            return f"a secret of {self.id}\n"
        mine = environment_of(text)
        others = environment_of(other.files.get(path, "{}")) if other else {}
        changed = [name for name, value in mine.items() if others.get(name) != value]
        lines = [
            f"{name}: {f'a value of {self.id}' if name in changed else 'set'}" for name in mine
        ]
        return "".join(f"{line}\n" for line in sorted(lines))


def is_secret(path: str) -> bool:
    """Tell whether a file of a release is a secret: is_secret("secrets/password") is True."""
    return path.startswith(SECRETS) or path == ENVIRONMENT


def environment_of(text: str) -> dict[str, str]:
    """Return the variables in the text of environment.yml; {} if somebody has damaged it."""
    try:
        services = json.loads(text).get("services", {})
        return {
            name: value.replace("$$", "$")
            for each in services.values()
            for name, value in each["environment"].items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
