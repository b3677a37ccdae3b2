# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep certificates on the disk, beside nginx's releases, and know which one is in use.

root/tls/NAME/VERSION/pair.pem     the chain, then the key: 0600; nobody changes it once it is there
root/tls/NAME/VERSION/about.json   from where it came, for people and programs; no secret
root/tls/NAME/current              a relative link to the version that nginx reads
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._files.writing import replace_file, replace_link
from .._release.lock import locked
from .pem import CertificateError, Pair

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVED = ("tickets",)  # the directory of the ticket keys
PAIR, ABOUT, LINK = "pair.pem", "about.json", "current"
KEPT = 3  # versions of a certificate


@dataclass(frozen=True)
class Version:
    """A certificate on the disk: its version, its pair, and from where it came."""

    version: str
    pair: Pair
    source: str


class CertificateStore:
    """The certificates below root, which is the directory of nginx's releases.

    A file of a key is switched, with its chain, by one rename of the link: whoever reads finds a
    pair that belongs together.
    """

    def __init__(self, root: str | Path) -> None:
        """Name the paths; nothing is read or written yet."""
        self.root = Path(root)
        self.directory = self.root / "tls"

    @contextlib.contextmanager
    def lock(self, owner: str, *, needed: bool = True, wait: float = 0) -> t.Iterator[None]:
        """Keep others from changing nginx on this host; a CertificateError names who does.

        needed=False, as in check mode, writes nothing.
        """
        if not needed:
            yield
            return
        with writing(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        try:
            with locked(self.root / "lock", owner, wait, "this service"):
                yield
        except BlockingIOError as exc:
            raise CertificateError(str(exc)) from None

    def names(self) -> list[str]:
        """Return the names of the certificates of which one is in use."""
        found = self.directory.glob(f"*/{LINK}") if self.directory.is_dir() else ()
        return sorted(link.parent.name for link in found if NAME.fullmatch(link.parent.name))

    def path(self, name: str) -> Path:
        """Return the directory of a certificate; a CertificateError refuses the name."""
        if not NAME.fullmatch(name) or name in RESERVED:
            wanted = "small letters, digits and hyphens, at most 63, and not the word tickets"
            raise CertificateError(f"certificate {name!r}: the name has to be {wanted}")
        return self.directory / name

    def current(self, name: str) -> Version | None:
        """Return the certificate in use, or None if there is none or its file is damaged."""
        directory = self.path(name)
        try:
            version = os.readlink(directory / LINK)
            pair = Pair.parse((directory / version / PAIR).read_text(encoding="ascii"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        except OSError as exc:
            raise CertificateError(f"cannot read {directory / LINK}: {exc.strerror}") from exc
        return Version(version, pair, self._source(directory / version))

    @staticmethod
    def _source(directory: Path) -> str:
        try:
            return str(json.loads((directory / ABOUT).read_text(encoding="utf-8"))["source"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def stage(self, name: str, pair: Pair, source: str = "") -> str:
        """Write a pair, and return its version; nothing uses it yet."""
        directory = self.path(name)
        version = pair.fingerprint[:16]
        with writing(directory):
            for each in (self.directory, directory, directory / version):
                each.mkdir(mode=0o755, parents=True, exist_ok=True)
            replace_file(directory / version / PAIR, pair.text.encode())
            about = json.dumps({"source": source}) + "\n"
            replace_file(directory / version / ABOUT, about.encode(), 0o644)
            os.utime(directory / version)
        return version

    def switch(self, name: str, version: str | None) -> None:
        """Let the link name a version, by one rename; None removes the link."""
        link = self.path(name) / LINK
        with writing(link):
            if version is None:
                link.unlink(missing_ok=True)
            else:
                replace_link(link, version)

    def drop(self, name: str, version: str) -> None:
        """Remove a version that is not in use."""
        directory = self.path(name)
        if not os.path.lexists(directory / LINK) or os.readlink(directory / LINK) != version:
            # What cannot be removed now goes with the next change, which looks at all versions.
            shutil.rmtree(directory / version, ignore_errors=True)

    def tidy(self, name: str) -> None:
        """Remove all versions of a certificate but the newest few and the one in use."""
        directory = self.path(name)
        versions = [each for each in directory.iterdir() if each.is_dir() and not each.is_symlink()]
        newest = sorted(versions, key=lambda each: each.stat().st_mtime, reverse=True)
        for each in newest[KEPT:]:
            self.drop(name, each.name)


@contextlib.contextmanager
def writing(path: Path) -> t.Iterator[None]:
    """Turn a refusal of the disk into a CertificateError that names the path."""
    try:
        yield
    except OSError as exc:
        raise CertificateError(f"cannot write {path}: {exc.strerror}") from exc
