# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Move a tag in the running mirror to another build, as somebody does who pushes the next one."""

from __future__ import annotations

import hashlib
import json
import typing as t
import urllib.request
from pathlib import Path

from . import images, procs
from .names import DISKS
from .run import LabError

LABEL = "org.opencontainers.image.revision"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
GROUP = procs.MIRROR + "-writable"


def retag(image: str, revision: str) -> str:
    """Let a tag such as "peerlb-lab/static:1" lead to another build, and return its digest.

    The build has the same layers, and *revision* in LABEL. The cache keeps the former one.
    """
    roots = list(DISKS.glob(f"{images.MIRROR_NAME}*"))
    repository, _colon, tag = image.rpartition(":")
    if not roots or not _repository(roots[0], repository).is_dir():
        raise LabError(f"the mirror has no {image}; there are its images and those of: images NAME")
    detach(_repository(roots[0], repository))
    with images.writable(roots[0], GROUP) as address:
        return _push_again(f"http://{address}/v2/{repository}", tag, revision)


def _repository(root: Path, name: str) -> Path:
    return root / "docker/registry/v2/repositories" / name


def detach(repository: Path) -> None:
    """Replace links into the cache by copies, so that the registry does not write to the cache.

    Only the small files that name a digest are concerned. A registry never changes a blob.
    """
    for path in repository.rglob("*"):
        if path.is_symlink():
            content = path.read_bytes()
            path.unlink()
            path.write_bytes(content)


def _push_again(url: str, tag: str, revision: str) -> str:
    manifest = json.loads(_ask(f"{url}/manifests/{tag}")[0])
    config = json.loads(_ask(f"{url}/blobs/{manifest['config']['digest']}")[0])
    data, manifest = with_revision(config, manifest, revision)
    _body, place = _ask(f"{url}/blobs/uploads/", b"", "POST")
    joint = "&" if "?" in place else "?"
    _ask(f"{place}{joint}digest={manifest['config']['digest']}", data, "PUT")
    pushed = json.dumps(manifest).encode()
    _ask(f"{url}/manifests/{tag}", pushed, "PUT", MANIFEST)
    return f"sha256:{hashlib.sha256(pushed).hexdigest()}"


def with_revision(
    config: dict[str, t.Any], manifest: dict[str, t.Any], revision: str
) -> tuple[bytes, dict[str, t.Any]]:
    """Return an image's configuration with the revision, as bytes, and the manifest that fits."""
    own = config.get("config") or {}
    labels = {**(own.get("Labels") or {}), LABEL: revision}
    data = json.dumps({**config, "config": {**own, "Labels": labels}}).encode()
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return data, {**manifest, "config": {**manifest["config"], "digest": digest, "size": len(data)}}


def _ask(
    url: str, data: bytes | None = None, method: str = "GET", kind: str = "application/octet-stream"
) -> tuple[bytes, str]:
    """Return a registry's answer, and the Location in it."""
    headers = {"Accept": MANIFEST, "Content-Type": kind}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return answer.read(), answer.headers.get("Location", "")
