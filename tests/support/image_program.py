# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program out of an image of the lab, with the image's own libraries, without Docker."""

from __future__ import annotations

import contextlib
import os
import re
import tarfile
import tempfile
from pathlib import Path

from lab.names import CACHE

LIBRARIES = r"lib64/ld-.*|lib/[^/]*-linux-gnu/[^/]*"


def of_the_lab(image: str, program: str, files: str) -> list[str]:
    """Return the words that start a program of an image; [] if the image is not in the cache.

    program: its path, such as usr/sbin/nginx; files: a regular expression of the paths below usr/
    that it needs besides libraries.
    """
    blobs = CACHE.glob(f"image-{image}-*/docker/registry/v2/blobs/sha256/*/*/data")
    layers = [path for path in blobs if path.stat().st_size > 1_000_000]
    if not layers:
        return []
    layer = max(layers, key=lambda path: path.stat().st_mtime)
    name = f"peerlb-{image}-{layer.parent.name[:16]}-{os.getuid()}"
    root = Path(tempfile.gettempdir(), name)
    if not root.exists():
        _extract(layer, root, re.compile(rf"\./usr/({files}|{LIBRARIES})"))
    loader, libraries = next(root.glob("usr/lib64/ld-*")), next(root.glob("usr/lib/*-linux-gnu"))
    return [str(loader), "--library-path", str(libraries), str(root / program)]


def _extract(layer: Path, root: Path, needed: re.Pattern[str]) -> None:
    fresh = Path(tempfile.mkdtemp(dir=root.parent))
    with tarfile.open(layer) as tar:
        tar.extractall(fresh, [m for m in tar if needed.fullmatch(m.name)])
    with contextlib.suppress(OSError):  # another process was faster
        fresh.rename(root)
