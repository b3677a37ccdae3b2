# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.peerlb.stack.plugins.module_utils._docker.names import (
    HUB,
    HUB_SERVER,
    ImageName,
)


@pytest.mark.parametrize(
    "text, registry, path, tag",
    [
        ("nginx:1.30", HUB, "library/nginx", "1.30"),
        ("nginx", HUB, "library/nginx", "latest"),
        ("docker.io/nginx:1", HUB, "library/nginx", "1"),
        ("grafana/grafana:12", HUB, "grafana/grafana", "12"),
        ("localhost/web:1", "localhost", "web", "1"),
        ("registry:5000/a/b", "registry:5000", "a/b", "latest"),
        ("registry.example/web@sha256:3f", "registry.example", "web", "sha256:3f"),
        ("registry.example:5000/web:1@sha256:3f", "registry.example:5000", "web", "sha256:3f"),
    ],
)
def test_name_is_read_as_docker_reads_it(text, registry, path, tag) -> None:
    name = ImageName.parse(text)
    assert name == ImageName(registry, path, tag)
    assert name.on_hub is (registry == HUB)
    assert name.server == (HUB_SERVER if name.on_hub else registry)


@pytest.mark.parametrize("text", ["", ":1", "nginx:", "nginx@", "two words", "registry.example/"])
def test_text_that_is_no_name_is_refused(text) -> None:
    with pytest.raises(ValueError, match="is no name of an image"):
        ImageName.parse(text)
