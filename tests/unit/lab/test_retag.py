# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.peerlb.stack.lab import retag
from ansible_collections.peerlb.stack.lab.run import LabError


@pytest.mark.parametrize("config", [{}, {"config": None}, {"config": {"Labels": {"a": "b"}}}])
def test_another_build_has_the_revision_and_the_same_layers(config) -> None:
    manifest = {
        "config": {"digest": "sha256:old", "size": 1, "mediaType": "x"},
        "layers": ["all"],
    }
    data, changed = retag.with_revision(config, manifest, "2")
    labels = json.loads(data)["config"]["Labels"]
    assert labels == {**((config.get("config") or {}).get("Labels") or {}), retag.LABEL: "2"}
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert changed["config"] == {"digest": digest, "size": len(data), "mediaType": "x"}
    assert changed["layers"] == ["all"]
    assert manifest["config"]["digest"] == "sha256:old"


def test_cache_is_not_written_through_links(tmp_path) -> None:
    cached = tmp_path / "cache/link"
    cached.parent.mkdir()
    cached.write_text("sha256:old")
    link = tmp_path / "repository/_manifests/tags/1/current/link"
    link.parent.mkdir(parents=True)
    link.symlink_to(cached)
    retag.detach(tmp_path / "repository")
    assert (link.is_symlink(), link.read_text()) == (False, "sha256:old")
    link.write_text("sha256:new")
    assert cached.read_text() == "sha256:old"


@pytest.mark.parametrize("mirror", ["", "mirror-x/docker/registry/v2/repositories/library"])
def test_image_that_the_mirror_lacks_is_named(tmp_path, monkeypatch, mirror) -> None:
    (tmp_path / mirror).mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(retag, "DISKS", tmp_path)
    with pytest.raises(LabError, match="the mirror has no shop:1"):
        retag.retag("shop:1", "2")
