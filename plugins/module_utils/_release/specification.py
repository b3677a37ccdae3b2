# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service release says of itself, in service.json, and how its files follow from it. No I/O.

A release tells all that is needed to bring it up again: which image, how the image tests it, and
where the service answers. So a rollback asks the inventory nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import tarfile
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath

from .release import COMPOSE_FILE, ENVIRONMENT, SECRETS, Release

SPECIFICATION = "service.json"
CONTEXT = "context.b64"  # a build context: a tar archive, gzipped, in base64
# The image is there before the container is made.
NEVER_PULL = {"pull_policy": "never"}
RESERVED = (SPECIFICATION, CONTEXT, COMPOSE_FILE, ENVIRONMENT, SECRETS.rstrip("/"))


class SpecificationError(ValueError):
    """An option of a service release makes no sense; the text names it and says what is right."""


@dataclass(frozen=True)
class Health:
    """Where and how the service answers once it works; address empty means: ask only Docker.

    ready_path, if there is one, answers well only if what the service itself depends on works.
    """

    protocol: str = "tcp"
    address: str = ""
    port: int = 0
    path: str = "/"
    host: str = ""
    statuses: tuple[int, ...] = ()
    ready_path: str = ""


@dataclass(frozen=True)
class Series:
    """How the image tells the version of its program: the words of a command, and a pattern.

    The first group of the pattern is the series. Data of one series may not go back to another.
    volume and notes are where the data tells its version if there is no container: a volume, and
    files in it; the last series in them is that of the data.
    """

    command: tuple[str, ...] = ()
    pattern: str = ""
    allow: bool = False
    volume: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Specification:
    """A service: "webapp" is the service peerlb-webapp of the Compose project peerlb-webapp.

    requested is the image's name in the inventory, and image what Docker is asked for: the name
    with the digest, or the name of an image that is built from the release's own context. owner is
    the id of the user who may read the secrets.
    """

    service: str
    requested: str
    image: str
    owner: int = 0
    health: Health = Health()
    test: tuple[str, ...] = ()
    series: Series = Series()
    first_command: tuple[str, ...] = ()
    build_arguments: dict[str, str] = field(default_factory=dict)

    @property
    def container(self) -> str:
        """Return the name of the container: "peerlb-webapp"."""
        return f"peerlb-{self.service}"

    def question(self) -> dict[str, t.Any]:
        """Return how the service is asked: {"path": "/up", "host": "", "statuses": [200]}."""
        health = asdict(self.health)
        return {name: health[name] for name in ("path", "host", "statuses")}

    @classmethod
    def of(cls, release: Release) -> Specification | None:
        """Return what a release says of itself, or None if it says nothing that can be read."""
        try:
            record = json.loads(release.files[SPECIFICATION])
            health = {**record["health"], "statuses": tuple(record["health"]["statuses"])}
            words = {name: tuple(record["series"].get(name, ())) for name in ("command", "notes")}
            series = {**record["series"], **words}
            lists = {name: tuple(record[name]) for name in ("test", "first_command")}
            return cls(
                **{**record, **lists, "health": Health(**health), "series": Series(**series)}
            )
        except (KeyError, TypeError, ValueError):
            return None

    def text(self) -> str:
        """Return the text of service.json."""
        record = asdict(self)
        # The word that admits another series is spoken once, and is no part of what runs.
        record["series"]["allow"] = False
        return json.dumps(record, indent=1, sort_keys=True) + "\n"


def make_release(
    specification: Specification,
    compose: t.Mapping[str, t.Any],
    files: t.Mapping[str, str],
    secrets: t.Mapping[str, str],
    environment: t.Mapping[str, t.Any],
    context: str,
    key: str,
) -> Release:
    """Return the release of a service.

    compose is the Compose project as data, without a name; the image, the container's name and the
    project's name are filled in. environment may hold secrets; context is a build context or empty.
    A SpecificationError names what is wrong.
    """
    project = _project(specification, compose)
    texts = {COMPOSE_FILE: _compose_text(project), SPECIFICATION: specification.text()}
    texts |= {_checked(path): text for path, text in _texts("files", files).items()}
    texts |= {SECRETS + _checked(path): text for path, text in _texts("secrets", secrets).items()}
    if environment:
        own = {"environment": _texts("environment", environment)}
        texts[ENVIRONMENT] = _compose_text({"services": {specification.service: own}})
    if context:
        read_context(context)
        texts[CONTEXT] = context
    return Release(texts, key)


def _project(specification: Specification, compose: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the Compose project with the names and the image of the service filled in."""
    services = compose.get("services", {})
    service = services.get(specification.service)
    if not isinstance(service, dict):
        raise SpecificationError(f"compose: has no service named {specification.service}")
    own = {**NEVER_PULL, "image": specification.image, "container_name": specification.container}
    changed = {**services, specification.service: {**service, **own}}
    return {**compose, "name": specification.container, "services": changed}


def _compose_text(value: t.Any) -> str:
    """Return data as a Compose file. JSON is YAML; Compose would expand a single $."""
    return json.dumps(_escaped(value), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _escaped(value: t.Any) -> t.Any:
    """Return data with $ doubled in each text, and without what is None."""
    if isinstance(value, dict):
        return {str(key): _escaped(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_escaped(each) for each in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def _checked(path: str) -> str:
    """Return a path of a file in a release; a SpecificationError if it leaves the release."""
    parts = PurePosixPath(path).parts
    if not parts or path != str(PurePosixPath(path)) or path.startswith("/") or ".." in parts:
        raise SpecificationError(f"files: {path}: right is a path such as conf.d/my.cnf")
    if parts[0] in RESERVED:
        raise SpecificationError(f"files: {path}: this name is the collection's own")
    return path


def _texts(option: str, values: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return values that are text; a SpecificationError if YAML made something else of one."""
    for name, value in values.items():
        if not isinstance(value, str):
            # Without the value, which may be a secret.
            kind = "nothing" if value is None else type(value).__name__
            raise SpecificationError(f"{option}: {name}: is {kind} and not text: quote it")
    return dict(values)


def read_context(archive: str) -> dict[str, bytes]:
    """Return the files of a build context by path; a SpecificationError if it is damaged."""
    try:
        data = base64.b64decode(archive, validate=True)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            members = [member for member in tar.getmembers() if member.isfile()]
            return {
                _checked(member.name): stream.read()
                for member in members
                if (stream := tar.extractfile(member))
            }
    except (binascii.Error, tarfile.TarError, EOFError, OSError, ValueError) as exc:
        raise SpecificationError(f"context: is no archive of a build context: {exc}") from None


def pinned(image: str, digest: str) -> str:
    """Return the name by which Docker finds exactly one image.

    pinned("nginx:1.30", "sha256:ab…") is "nginx@sha256:ab…". Without a digest it is the name.
    """
    if not digest or "@" in image:
        return image
    return f"{re.sub(r':[^:/]+$', '', image)}@{digest}"


def built_name(service: str, version: str, context: str, arguments: t.Mapping[str, str]) -> str:
    """Return the name of an image by all it is built from: "peerlb-webapp:1.0.0-3f9a1c52be07"."""
    digest = hashlib.sha256()
    for path, data in sorted(read_context(context).items()):
        for part in (path.encode(), data):
            digest.update(len(part).to_bytes(8, "big") + part)
    digest.update(json.dumps(arguments, sort_keys=True).encode())
    return f"peerlb-{service}:{version}-{digest.hexdigest()[:12]}"
