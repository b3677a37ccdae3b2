# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of releases: get them by digest, build them from a context, remove old ones."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import tempfile
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

from .engine import Engine, ServiceError
from .release import COMPOSE_FILE, Release
from .specification import CONTEXT, Specification, pinned, read_context

# The public hub's logins stand under this name in Docker's own configuration.
HUB = "https://index.docker.io/v1/"


@dataclass(frozen=True)
class Images:
    """The images of one service on this host.

    workshop is where contexts are unpacked and logins written while they are needed. login is
    {"server": …, "username": …, "password": …}, or empty for root's own logins.
    """

    engine: Engine
    workshop: Path
    login: t.Mapping[str, str] = field(default_factory=dict, repr=False)

    def id_of(self, image: str) -> str:
        """Return the id of an image that the host has, or ""."""
        code, out, _err = self.engine.run(
            ["docker", "image", "inspect", "--format", "{{ .Id }}", image]
        )
        return out.strip() if code == 0 else ""

    def local_digest(self, image: str) -> str:
        """Return the digest under which the host got an image from its registry, or ""."""
        code, out, _err = self.engine.run(["docker", "image", "inspect", image])
        if code != 0:
            return ""
        repository = pinned(image, "sha256:")
        digests = json.loads(out)[0].get("RepoDigests") or []
        fitting = [each for each in digests if each.startswith(repository)]
        return fitting[0].partition("@")[2] if fitting else ""

    def ensure(self, spec: Specification, release: Release) -> None:
        """Build or pull the image of a release unless the host has it."""
        if self.id_of(spec.image):
            return
        if CONTEXT in release.files:
            self._build(spec, release.files[CONTEXT])
        else:
            self.pull(spec.image)

    def pull(self, image: str) -> None:
        """Get an image from its registry; a ServiceError tells why that does not work."""
        with self._logged_in() as options:
            command = ["docker", *options, "pull", "--quiet", image]
            self.engine.succeed(command, f"the image {image} cannot be pulled")

    @contextlib.contextmanager
    def _logged_in(self) -> t.Iterator[list[str]]:
        """Give docker's options for the login. The password is in a file of root's, and no argv."""
        if not self.login.get("username"):
            yield []
            return
        words = f"{self.login.get('username', '')}:{self.login.get('password', '')}"
        entry = {"auth": base64.b64encode(words.encode()).decode()}
        text = json.dumps({"auths": {self.login.get("server") or HUB: entry}})
        with self._scratch() as directory:
            handle = os.open(directory / "config.json", os.O_WRONLY | os.O_CREAT, 0o600)
            with open(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            yield ["--config", str(directory)]

    def _build(self, spec: Specification, context: str) -> None:
        """Build the image of a release from its context.

        Compose builds, because it brings BuildKit along where the engine's own client has none.
        """
        with self._scratch() as directory:
            for path, data in read_context(context).items():
                place = directory / "context" / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                place.chmod(0o644)
            build = {"context": "./context", "args": spec.build_arguments}
            service = {"image": spec.image, "build": build}
            project = {"name": spec.container, "services": {spec.service: service}}
            (directory / COMPOSE_FILE).write_text(json.dumps(project).replace("$", "$$"))
            failure = f"the image {spec.image} cannot be built"
            self.engine.compose(directory, "build", "--quiet", failure=failure)
        if not self.id_of(spec.image):
            raise ServiceError(f"the image {spec.image} is not there although it was built")

    @contextlib.contextmanager
    def _scratch(self) -> t.Iterator[Path]:
        """Give a directory of root's alone, which goes away in the end."""
        self.workshop.mkdir(parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix=".work-", dir=self.workshop))
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def clean(self, spec: Specification, needed: set[str], unneeded: set[str]) -> None:
        """Remove images that only former releases needed, and those built here for the service.

        Docker keeps an image that a container uses, and layers that other images share.
        """
        listing = ["docker", "image", "ls", "--format", "{{ .Repository }}:{{ .Tag }}"]
        _code, out, _err = self.engine.run([*listing, spec.container])
        old = {*unneeded, *(name for name in out.split() if name not in needed)}
        for image in sorted(old):
            self.engine.run(["docker", "image", "rm", image])
