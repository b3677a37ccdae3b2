# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection says about execution environments is read by ansible-builder.

No container engine is needed: the build context is made, and no image.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml
from support import ROOT

BUILDER = Path(sys.executable).with_name("ansible-builder")


def build(*arguments: str | Path) -> str:
    done = subprocess.run(
        [BUILDER, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_definition_makes_a_build_context(tmp_path) -> None:
    build("create", "--context", tmp_path, "--output-filename", "Containerfile")
    recipe = (tmp_path / "Containerfile").read_text()
    assert "fedora:42" in recipe
    collections = yaml.safe_load((tmp_path / "_build/requirements.yml").read_text())
    assert [each["name"] for each in collections["collections"]] == ["peerlb.stack"]


def test_other_environments_learn_what_the_collection_needs(tmp_path) -> None:
    place = tmp_path / "ansible_collections/peerlb/stack"
    place.parent.mkdir(parents=True)
    place.symlink_to(ROOT, target_is_directory=True)
    found = yaml.safe_load(build("introspect", tmp_path))
    document = (ROOT / "plugins/modules/gcp_network_info.py").read_text().split('"""')[1]
    required = [line.replace(" ", "") for line in yaml.safe_load(document)["requirements"]]
    assert [line.split()[0] for line in found["python"]] == required
    assert any(line.startswith("openssh-client [platform:dpkg]") for line in found["system"])
