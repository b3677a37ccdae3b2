# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.peerlb.stack.lab import images


def test_images_have_public_names():
    assert sorted(images._spec(name)["name"] for name in images.IMAGES) == [
        "library/mysql:9.7",
        "library/nginx:1.30",
        "library/python:3.13-slim",
        "valkey/valkey:9.1",
    ]


def test_images_of_other_applications_cannot_be_taken_for_public_ones():
    own = [name for name in images.APPLICATIONS if name != "waf"]
    names = [images._spec(name)["name"] for name in own]
    assert names == ["peerlb-lab/wordpress:1", "peerlb-lab/django:1", "peerlb-lab/static:1"]


def test_waf_has_its_public_name_and_tag():
    assert images._spec("waf")["name"] == "owasp/modsecurity-crs:4.25.1-nginx-lts"


@pytest.mark.parametrize("name", images.APPLICATIONS)
def test_other_applications_run_as_any_application_has_to(name):
    """They listen on a high port as another user than root, and say by which signal they end."""
    config = images._spec(name)["config"]
    (port,) = config["ExposedPorts"]
    assert int(port.removesuffix("/tcp")) > 1024
    assert config["User"].split(":")[0] not in ("0", "root", "")
    assert "Volumes" not in config  # an unnamed volume would be left behind by each container


def test_other_applications_are_built_only_if_somebody_names_them(tmp_path, monkeypatch):
    monkeypatch.setattr(images.debian, "recipe", lambda *_: ["recipe"])
    monkeypatch.setattr(images.cache, "CACHE", tmp_path)
    assert tuple(images.paths()) == images.IMAGES
    assert tuple(images.paths(["django"])) == (*images.IMAGES, "django")
    images.paths(["static"])["static"].mkdir()  # as if it were built
    assert tuple(images.paths()) == (*images.IMAGES, "static")


def test_client_of_acme_has_its_public_name_and_tag():
    assert [images._spec(name)["name"] for name in images.TOOLS] == ["goacme/lego:v4.35.2"]


def test_layout_matches_its_digests(tmp_path):
    layer = tmp_path / "layer.tar"
    layer.write_bytes(b"a layer")
    images._write_layout(tmp_path / "layout", layer, {"Cmd": ["nginx"]})
    blobs = tmp_path / "layout/blobs/sha256"
    for blob in blobs.iterdir():
        assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.name

    def read(entry):
        data = (blobs / entry["digest"].removeprefix("sha256:")).read_bytes()
        assert len(data) == entry["size"]
        return data

    index = json.loads((tmp_path / "layout/index.json").read_text())
    manifest = json.loads(read(index["manifests"][0]))
    config = json.loads(read(manifest["config"]))
    assert read(manifest["layers"][0]) == b"a layer"
    assert config["rootfs"]["diff_ids"] == [manifest["layers"][0]["digest"]]
    assert config["config"] == {"Cmd": ["nginx"]}
    assert not layer.exists()


def test_changed_requirements_change_the_path_of_the_python_image(tmp_path, monkeypatch):
    monkeypatch.setattr(images.debian, "recipe", lambda *_: ["recipe"])
    before = images.paths()
    other = tmp_path / "requirements.txt"
    other.write_text("Flask==0.0\n")
    monkeypatch.setattr(images, "REQUIREMENTS", other)
    after = images.paths()
    assert {name for name in before if before[name] != after[name]} == {"python"}


@pytest.mark.parametrize("readonly", ["true", "false"])
def test_registry_configuration_has_its_root_and_mode(readonly):
    text = images.REGISTRY.format(root="/x y", readonly=readonly, address="127.0.0.1:1")
    assert 'rootdirectory: "/x y"' in text
    assert f"readonly: {{enabled: {readonly}}}" in text
