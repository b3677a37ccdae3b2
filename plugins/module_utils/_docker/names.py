# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of an image, taken apart. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

HUB = "docker.io"
HUB_SERVER = "https://index.docker.io/v1/"  # how Docker's config.json names the public hub


@dataclass(frozen=True)
class ImageName:
    """The parts of a name: nginx:1.30 has registry docker.io, path library/nginx, tag 1.30.

    tag may be a digest, such as "sha256:3f9a…".
    """

    registry: str
    path: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> ImageName:
        """Read a name as Docker does. A ValueError says that the text is no name."""
        name, at, digest = text.partition("@")
        slash = name.rfind("/")
        colon = name.rfind(":")
        rest, tag = (name[:colon], name[colon + 1 :]) if colon > slash else (name, "latest")
        first, _slash, path = rest.partition("/")
        if not path or not ("." in first or ":" in first or first == "localhost"):
            first, path = HUB, rest
        tag = digest if at else tag
        if "" in path.split("/") or not tag or any(character.isspace() for character in text):
            raise ValueError(f"{text!r} is no name of an image")
        official = first == HUB and "/" not in path
        return cls(first, f"library/{path}" if official else path, tag)

    @property
    def server(self) -> str:
        """How Docker's config.json names the registry."""
        return HUB_SERVER if self.registry == HUB else self.registry

    @property
    def on_hub(self) -> bool:
        """Whether the public hub has the image, so that mirrors may have it too."""
        return self.registry == HUB
