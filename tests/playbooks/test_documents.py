# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of README and docs that need no host, each run by a shell as it is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support import ROOT
from support.commands import ON_THE_CONTROLLER, chosen, commands

SHOWN = list(dict.fromkeys(each.text for each in chosen(ON_THE_CONTROLLER, commands())))
OWN = [text for text in SHOWN if "peerlb.stack" in text and "-playbook" in text]
GALAXY = [text for text in SHOWN if text.startswith("ansible-galaxy")]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """Return a copy of the clone: the files that are in git, or would be."""
    copy = tmp_path_factory.mktemp("clones") / "stack"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def project(clone) -> Path:
    """Return a project of one's own, beside the archive."""
    own = clone / "shop"
    own.mkdir()
    return own


def succeed(text: str, place: Path) -> None:
    """Run a command by a shell, with a home directory of its own; it must succeed."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    path = f"{Path(sys.executable).parent}:{kept['PATH']}"
    done = subprocess.run(
        ["bash", "-c", text], cwd=place, env={**kept, "PATH": path, "HOME": str(place.parent)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}"


def test_commands_in_the_clone_work(clone) -> None:
    others = [text for text in SHOWN if text not in OWN and "install" not in text]
    assert len(others) > 5
    for text in sorted(others, key=lambda each: "-i inventories" in each):
        succeed(text, clone)


def test_commands_in_a_project_of_one_s_own_work(clone, project) -> None:
    build, *_more = (text for text in GALAXY if "build" in text)
    succeed(build, clone)
    for text in [each for each in GALAXY if "install" in each] + OWN:
        succeed(text, project)
    assert (project / "inventories/mine/hosts.yml").is_file()
