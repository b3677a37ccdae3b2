# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images with public names, built from Debian packages, and the mirror that serves them."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import platform
import shutil
import socket
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import cache, debian, procs
from .fabric import run_in
from .names import CLONE, DISKS, FABRIC, MIRROR_PORT, UPLINK_FABRIC
from .run import LabError, run, wait_until

IMAGES = ("mysql", "python", "nginx", "valkey")  # the one that takes longest comes first
# Applications that are not the collection's own. They are built when somebody names them.
APPLICATIONS = ("wordpress", "django", "static", "waf")
REQUIREMENTS = CLONE / "roles/webapp/files/app/requirements.txt"
# The platforms of Python wheels that run on the image's system.
PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
SLIM = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
MIRROR_NAME = "mirror-"  # how the name of the mirror's directory begins
REGISTRY = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: "{root}"}}
  maintenance: {{readonly: {{enabled: {readonly}}}}}
http: {{addr: "{address}"}}
"""


def paths(applications: t.Sequence[str] = ()) -> dict[str, Path]:
    """Return the path in the cache of each image, which may not exist yet.

    Each is the storage of a registry that has this image only. Of APPLICATIONS there are the named
    ones, and those that are in the cache.
    """
    every = {name: _path(name) for name in (*IMAGES, *APPLICATIONS)}
    optional = set(APPLICATIONS) - set(applications)
    return {name: path for name, path in every.items() if name not in optional or path.exists()}


def _path(name: str) -> Path:
    recipe = debian.recipe(name, _spec(name)["suite"])
    wheels = [REQUIREMENTS] if name == "python" else []
    return cache.path(f"image-{name}", [*recipe, *wheels, *SLIM, *PLATFORMS])


def _spec(name: str) -> dict[str, t.Any]:
    return json.loads((debian.RECIPES / name / "image.json").read_text(encoding="utf-8"))


def make_all(applications: t.Sequence[str] = ()) -> list[Path]:
    """Return the paths of all images in the cache. Missing ones are built, two at a time.

    applications: those of APPLICATIONS to build as well.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        jobs = [
            pool.submit(cache.ensure, path, functools.partial(_make, name))
            for name, path in paths(applications).items()
        ]
        return [job.result() for job in jobs]


def _make(name: str, target: Path) -> None:
    spec = _spec(name)
    more = [f"--dpkgopt=path-exclude={pattern}" for pattern in SLIM]
    if name == "python":
        _fetch_wheels(target / "wheels")
        more += ['--customize-hook=mkdir -p "$1/usr/local/share/wheels"']
        more += [f"--customize-hook=sync-in {target / 'wheels'} /usr/local/share/wheels"]
    layer = target / "layer.tar"
    debian.bootstrap(name, spec["suite"], spec["variant"], layer, *more)
    layout = target / "layout"
    _write_layout(layout, layer, spec["config"])
    _push(layout, spec["name"], target)
    shutil.rmtree(layout)
    shutil.rmtree(target / "wheels", ignore_errors=True)


def _fetch_wheels(target: Path) -> None:
    """Download the application's wheels for the image's Python, which may differ from this one."""
    machine = platform.machine()
    argv = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    # The list is complete. pip would judge what more is needed by the Python that runs here.
    argv += ["--no-deps", "--only-binary=:all:", "--implementation=cp", "--python-version=313"]
    argv += ["--abi=cp313", "--abi=abi3", "--abi=none"]
    argv += [f"--platform={kind}_{machine}" for kind in PLATFORMS]
    cache.run_builder(*argv, f"--requirement={REQUIREMENTS}", f"--dest={target}")


def _blob(blobs: Path, content: dict, kind: str) -> dict:
    """Write one part of an image. Return its descriptor: media type, digest and size."""
    data = json.dumps(content).encode()
    name = hashlib.sha256(data).hexdigest()
    (blobs / name).write_bytes(data)
    kind = f"application/vnd.oci.image.{kind}.v1+json"
    return {"mediaType": kind, "digest": f"sha256:{name}", "size": len(data)}


def _write_layout(layout: Path, layer: Path, config: dict) -> None:
    """Write an OCI image layout with one layer. The layer's file is moved into the layout."""
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)
    with layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = layer.stat().st_size
    layer.rename(blobs / digest)
    arch = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    made = {
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "architecture": arch,
        "os": "linux",
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    kind = "application/vnd.oci.image.layer.v1.tar"
    layers = [{"mediaType": kind, "digest": f"sha256:{digest}", "size": size}]
    manifest = {"schemaVersion": 2, "config": _blob(blobs, made, "config"), "layers": layers}
    index = {"schemaVersion": 2, "manifests": [_blob(blobs, manifest, "manifest")]}
    (layout / "index.json").write_text(json.dumps(index), encoding="ascii")
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="ascii")


def _push(layout: Path, name: str, target: Path) -> None:
    """Copy the image into a registry that stores it in the directory *target*."""
    options = ["--quiet", "--insecure-policy", "--format=v2s2", "--dest-tls-verify=false"]
    with writable(target, f"{procs.BUILD}-{target.name.rpartition('-')[2]}") as address:
        cache.run_builder("skopeo", "copy", *options, f"oci:{layout}", f"docker://{address}/{name}")


@contextlib.contextmanager
def writable(root: Path, group: str) -> t.Iterator[str]:
    """Run a registry that stores images in a directory, and yield its address on this machine.

    group: the control group of its process.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config, log = root / "writable.yml", root / "writable.log"
    config.write_text(REGISTRY.format(root=root, readonly="false", address=address))
    procs.start(group, ["docker-registry", "serve", config], log)
    try:
        if not wait_until(lambda: _listens(address), 20):
            raise LabError("docker-registry does not start: " + log.read_text()[-300:])
        yield address
    finally:
        procs.end(group)
        config.unlink()
        log.unlink()


def _listens(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def serve(images: t.Sequence[Path]) -> None:
    """Start the mirror in the fabric, unless one that serves these images runs already."""
    key = hashlib.sha256(" ".join(path.name for path in images).encode()).hexdigest()[:12]
    root = DISKS / f"{MIRROR_NAME}{key}"
    if procs.alive(procs.MIRROR) and root.exists():
        return
    procs.end(procs.MIRROR)
    for old in DISKS.glob(f"{MIRROR_NAME}*"):
        shutil.rmtree(old)
    fresh = DISKS / "mirror.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for path in images:
        run("cp", "--recursive", "--symbolic-link", path / "docker", fresh)
    fresh.rename(root)
    config, address = root / "config.yml", f"{UPLINK_FABRIC}:{MIRROR_PORT}"
    config.write_text(REGISTRY.format(root=root, readonly="true", address=address))
    entering = ["nsenter", f"--net={procs.NETNS / FABRIC}"]
    procs.start(procs.MIRROR, [*entering, "docker-registry", "serve", str(config)], root / "log")
    if not wait_until(serves, 20):
        raise LabError(f"the image mirror does not start; see {root / 'log'}")


def serves() -> bool:
    """Return whether the mirror listens."""
    local = f"sport = :{MIRROR_PORT}"
    return UPLINK_FABRIC in run_in(FABRIC, "ss", "-Hltn", local)
